/* failure.c - the errors of the network's system calls, by what ends them. Pure. */
#include "base/failure.h"

#include <errno.h>

enum failure_class failure_class(int error)
{
        switch (error) {
        case ENODEV:
        case ENXIO:
        case EADDRNOTAVAIL:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
                return FAILURE_INTERFACE;
        case EINVAL:
        case EMSGSIZE:
        case ENOTUNIQ:
        case ENOPROTOOPT:
        case EOPNOTSUPP:
                return FAILURE_PERMANENT;
        case EACCES:
        case EPERM:
        case EAFNOSUPPORT:
        case EPROTONOSUPPORT:
                return FAILURE_NEVER;
        default:
                return FAILURE_TRANSIENT;
        }
}

/* folder.c - where the daemon's sockets are. */
#include "ctl/folder.h"

#include <stdlib.h>

const char *folder_of_sockets(const char *given)
{
        const char *folder = given ? given : getenv("MCASTD_RUNTIME_DIR");

        return folder && *folder ? folder : FOLDER_DEFAULT;
}

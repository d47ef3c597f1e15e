/* For gcc -fanalyzer, which takes a reallocarray() that fails for one that has freed what it was given, and
 * knows better of realloc(). The headers that declare it come first. */
#include <malloc.h>
#include <stdlib.h>

#define reallocarray(array, n, size) realloc((array), (n) * (size))

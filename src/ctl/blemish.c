/* blemish.c - what is not as it should be though all sections are well. Pure. */
#include "ctl/blemish.h"

#include <stdio.h>

#include "ctl/answer.h"

bool blemish_find(const json_t *daemon, char ret[BLEMISH_SIZE])
{
        long long down = answer_count(json_object_get(daemon, "peers"), "down");
        long long clocks = answer_count(daemon, "clocks_wrong"), full = answer_count(daemon, "full");
        long long refusing = answer_count(daemon, "refusing");

        ret[0] = '\0';
        if (refusing > 0)
                snprintf(ret, BLEMISH_SIZE,
                         refusing == 1 ? "%lld receiver refuses all that it hears, see AUTH"
                                       : "%lld receivers refuse all that they hear, see AUTH",
                         refusing);
        else if (down > 0)
                snprintf(ret, BLEMISH_SIZE, down == 1 ? "%lld peer is down" : "%lld peers are down", down);
        else if (clocks > 0)
                snprintf(ret, BLEMISH_SIZE,
                         clocks == 1 ? "the clock of %lld peer is wrong"
                                     : "the clocks of %lld peers are wrong",
                         clocks);
        else if (full > 0)
                snprintf(ret, BLEMISH_SIZE,
                         full == 1 ? "%lld receiver has no place for more peers"
                                   : "%lld receivers have no place for more peers",
                         full);
        return ret[0] != '\0';
}

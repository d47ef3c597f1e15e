/* event.c - the table of what mcastd logs: how serious it is, and the id by which the journal finds it. Pure.
 * An id, once released, belongs to its event for ever: people filter by it. */
#include "base/event.h"

static const struct event_kind kinds[EVENT_N] = {
        [EVENT_STARTED] = { LOG_LEVEL_NOTICE, "56e31b0c506a43b180f694595082e0a2" },
        [EVENT_FAILED] = { LOG_LEVEL_ERROR, "ed053c3073f5454aa449bb1e55c32169" },
        [EVENT_STOPPING] = { LOG_LEVEL_NOTICE, "5485fab35ed84c8a8ea60476f28944e3" },
        [EVENT_STOPPED] = { LOG_LEVEL_NOTICE, "373957d8098d459e8dce368b1396b536" },
        [EVENT_CONFIG_ERROR] = { LOG_LEVEL_ERROR, "6d5565c321a5427eb538301466ec9702" },
        [EVENT_CONFIG_WARNING] = { LOG_LEVEL_WARNING, "119b0bf9e6bb4626ad42a89a62254f45" },
        [EVENT_RELOADED] = { LOG_LEVEL_NOTICE, "068651fa0abf4df09f4faf5e8f9a8472" },
        [EVENT_RELOAD_REFUSED] = { LOG_LEVEL_ERROR, "50812c4bfd8f482f9213b951a11f0edc" },
        [EVENT_OPEN_FAILED] = { LOG_LEVEL_ERROR, "7398752716af4fc092214e9762a0a29c" },
        [EVENT_BUFFER_SMALL] = { LOG_LEVEL_NOTICE, "24e65cedf91e48d38f9b207990298d6a" },
        [EVENT_JOINED] = { LOG_LEVEL_NOTICE, "aaa1c89a0a66400a98dfc1ddaea38946" },
        [EVENT_LEFT] = { LOG_LEVEL_NOTICE, "3beb0c2360cd4f3ab7b43d374cc8f4e0" },
        [EVENT_EMITTING] = { LOG_LEVEL_NOTICE, "1e6b1089f3e446b88eea2748a0e61d28" },
        [EVENT_EMITTER_STOPPED] = { LOG_LEVEL_NOTICE, "32044c891b0144229ab3899846fee320" },
        [EVENT_RECEIVED] = { LOG_LEVEL_INFO, "98a750d4fb3c4c04bf1f71cb3d74a046" },
        [EVENT_ACKNOWLEDGED] = { LOG_LEVEL_INFO, "51903b30428a4322ae5aab429f565e38" },
        [EVENT_NOT_ACKNOWLEDGED] = { LOG_LEVEL_DEBUG, "acf9c965247e4db1b515385a87d16c3d" },
        [EVENT_SENT] = { LOG_LEVEL_INFO, "39508a852745443e9b98455f0268715c" },
        [EVENT_ACKS] = { LOG_LEVEL_INFO, "4f6b9d7fb4dd4af6b09860c0f375a3a8" },
        [EVENT_ACKS_SHORT] = { LOG_LEVEL_WARNING, "07770ac085ba4ea79003ba92184e4d0f" },
        [EVENT_ACKS_ENOUGH] = { LOG_LEVEL_NOTICE, "deabc4303cbe48ba804e4753f86a0532" },
        [EVENT_BEATS_MISSED] = { LOG_LEVEL_WARNING, "590202d23b87459aa8d328468005d8f0" },
        [EVENT_TROUBLE_BEGAN] = { LOG_LEVEL_WARNING, "e47b5036ffa74936a26177a0270052c1" },
        [EVENT_TROUBLE_ENDED] = { LOG_LEVEL_NOTICE, "9803530cdb5b4f9ead7235d68b4d37d0" },
        [EVENT_UNRECORDED] = { LOG_LEVEL_NOTICE, "9a88673a218e4c35a79b3cf947e60b4d" },
        [EVENT_LOG_LOST] = { LOG_LEVEL_WARNING, "be1dd78ce6814889b6ff9d8f282aa1bb", .always = true },
        [EVENT_COUNTERS] = { LOG_LEVEL_NOTICE, "e96e64cfc36e44fc9ee10998a075578a", .always = true },
        [EVENT_LIBRARY] = { LOG_LEVEL_WARNING, "35cb454a10d741cfbf0dc60032bb54ec" },
};

const struct event_kind *event_kind(enum event_id event)
{
        return &kinds[event];
}

#pragma once

#include "common/wire/client_replies.hpp"
#include "common/wire/client_requests.hpp"

/// What clients ask the scheduler and what it answers. docs/protocol.md describes the same for
/// other languages.
///
/// `run` in a request is text as its user typed it: an id, what is unique of one, or `last`. `item`
/// is a key, what is unique of one, or an index. A name that fits several is answered by
/// Failed{NotFound} that lists them. Every request may be answered by Failed; what else answers it
/// stands at the request. States are the words of DESIGN.md 1: a run or step is waiting, running,
/// succeeded, failed or cancelled; an item is waiting, running, retrying, done, failed, skipped or
/// cancelled. Times are wall-clock milliseconds since 1970, of the scheduler.
namespace drover::wire {}

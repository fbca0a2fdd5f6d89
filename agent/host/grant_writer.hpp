#pragma once

#include <cstdint>

#include "agent/worker/messages.hpp"
#include "agent/worker/page.hpp"
#include "common/result.hpp"
#include "common/wire/messages.hpp"

namespace drover::agent {

/// Lays the inputs of `grant` out in the page and gives the message that starts it as lease
/// `number`.
///
/// Requires: no lease runs in the page. Errors: TooLarge where the grant does not fit; Invalid
/// where its columns do not belong to its items.
Result<worker::Lease> write_grant(const wire::Grant& grant, std::uint32_t number,
                                  worker::Page& page);

/// Lays one chunk of a list out in the page; one that does not fit becomes an error for the task.
worker::Chunk write_chunk(const wire::Chunk& chunk, worker::Page& page);

/// Whether the grant is of a step that runs once: a list that it returns goes out in chunks.
bool is_plain(const wire::Grant& grant);

}  // namespace drover::agent

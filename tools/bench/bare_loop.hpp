#pragma once

#include <cstdint>
#include <functional>

#include "common/result.hpp"

namespace drover::bench {

/// What Drover is compared with: `processes` children that share the work among them, item `i`
/// going to child `i % processes`, with nothing around it.
///
/// `work(first, step)` is called once in each child and returns whether it could. The clock begins
/// when every child has called `ready`, so loading a model is not counted, as it is not with warm
/// workers. Returns seconds from there to the end of the last child. Errors: Failed where a child
/// failed.
Result<double> bare_loop(std::uint32_t processes,
                         const std::function<bool(std::uint64_t first, std::uint64_t step,
                                                  const std::function<void()>& ready)>& work);

}  // namespace drover::bench

#include "agent/worker/lease_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::worker {
namespace {

/// `count` numbers of 32 bits at `at`; nullptr where they would lie outside or askew.
const std::uint32_t* numbers_at(const Page& page, std::uint32_t at, std::size_t count) {
  if (at % alignof(std::uint32_t) != 0 || at > input_area_bytes ||
      count > (input_area_bytes - at) / sizeof(std::uint32_t)) {
    return nullptr;
  }
  return reinterpret_cast<const std::uint32_t*>(page.inputs.data() + at);
}

Result<sdk::ArgumentView> view_of(const LeaseArgument& argument, const Lease& lease,
                                  const Page& page) {
  sdk::ArgumentView view;
  if (argument.kind == static_cast<std::uint8_t>(ArgumentKind::List)) {
    view.is_list = true;
    return view;
  }
  view.is_column = argument.kind == static_cast<std::uint8_t>(ArgumentKind::Column);
  const std::size_t values = view.is_column ? lease.items : 1;
  view.offsets = numbers_at(page, argument.offsets_at, values + 1);
  view.bytes = page.inputs.data() + argument.bytes_at;
  const bool inside = view.offsets != nullptr && argument.bytes_at <= input_area_bytes &&
                      argument.bytes <= input_area_bytes - argument.bytes_at;
  if (!inside || view.offsets[values] > argument.bytes ||
      !std::is_sorted(view.offsets, view.offsets + values + 1)) {
    return fail(ErrorCode::Invalid, "an argument lies outside the page");
  }
  return view;
}

}  // namespace

Result<LeaseInputs> LeaseInputs::of(const Lease& lease, const Page& page) {
  LeaseInputs inputs;
  for (const auto& argument : lease.arguments) {
    auto view = view_of(argument, lease, page);
    if (!view) return tl::unexpected(view.error());
    inputs.arguments.push_back(*view);
  }
  if (lease.attempts_at) {
    const auto* attempts = numbers_at(page, *lease.attempts_at, lease.items);
    if (attempts == nullptr) return fail(ErrorCode::Invalid, "the attempts lie outside the page");
    inputs.attempts = {attempts, lease.items};
  }
  if (lease.ordinals_at) {
    const auto* ordinals = numbers_at(page, *lease.ordinals_at, lease.items);
    if (ordinals == nullptr) return fail(ErrorCode::Invalid, "the ordinals lie outside the page");
    inputs.ordinals = {ordinals, lease.items};
  }
  return inputs;
}

}  // namespace drover::worker

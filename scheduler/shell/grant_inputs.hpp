#pragma once

#include <optional>

#include "common/result.hpp"
#include "common/wire/messages.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// A Grant ready to be sent.
struct FilledGrant {
  wire::Grant grant;
  /// Set where the inputs of all items did not fit one message: the grant has only the items before
  /// this one.
  std::optional<ItemIndex> end;
};

/// Are all inputs in the plan itself, and are there no keys whose files have names? Then the grant
/// can go out without waiting for the store.
bool needs_store(const SendGrant& order);

/// Cuts the inputs of a grant out of the lists that its plan names: at most 256 KiB of them, or one
/// item.
///
/// `store` may be null where needs_store() is false.
/// Errors: those of the store; TooLarge where one value is above 1 MiB.
Result<FilledGrant> fill_grant(const SendGrant& order, Store* store);

}  // namespace drover::scheduler

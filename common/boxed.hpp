#pragma once

#include <memory>
#include <utility>

namespace drover {

/// What actors send each other: shared, never changed after it was sent, and never sent over a
/// network, so that nothing has to know how it is serialised.
template <class T>
using Box = std::shared_ptr<const T>;

template <class T>
Box<T> boxed(T value) {
  return std::make_shared<const T>(std::move(value));
}

}  // namespace drover

#include "common/objects/file_descriptor.hpp"

#include <unistd.h>

namespace drover {

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace drover

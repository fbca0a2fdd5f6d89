// A library that needs a function which nobody has.
int helper(int number);

namespace {
const int found = helper(1);
}  // namespace

#pragma once

namespace drover::net {

/// Wakes one waiting thread from any other: an eventfd.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void wake();                    ///< Any thread; many calls are one.
  void drain();                   ///< By the thread that was woken.
  int fd() const { return fd_; }  ///< Readable once somebody called `wake`.

 private:
  int fd_;
};

}  // namespace drover::net

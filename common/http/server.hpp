#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/result.hpp"

namespace drover::http {

struct Page {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

/// Makes a page anew for every request. Called on the server's thread: must be quick, and may not
/// throw.
using MakePage = std::function<Page()>;

/// A small HTTP server for fixed paths, GET and HEAD only, on one thread (libmicrohttpd).
///
/// Listens on loopback only until there is encryption. At most 128 connections, 10 s each without a
/// request, and 16 KiB of headers; a Host that is neither the address nor `localhost` is refused,
/// so a web page elsewhere cannot read it through its reader's browser.
class Server {
 public:
  /// `address` is `127.0.0.1:PORT`; port 0 takes a free one.
  /// Errors: Invalid where the address is none or not loopback; Busy where the port is taken.
  static Result<std::unique_ptr<Server>> open(const std::string& address,
                                              std::map<std::string, MakePage> pages);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& address() const;  ///< `127.0.0.1:PORT`, as bound.

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::http

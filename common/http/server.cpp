#include "common/http/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <string_view>

namespace drover::http {
namespace {

constexpr unsigned max_connections = 128;
constexpr unsigned idle_seconds = 10;
constexpr std::size_t max_header_bytes = 16 << 10;

Result<sockaddr_in> parse_address(const std::string& address) {
  const auto colon = address.rfind(':');
  const std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  unsigned port = 0;
  const char* end = address.data() + address.size();
  const auto parsed =
      std::from_chars(end - (address.size() - std::min(colon + 1, address.size())), end, port);
  sockaddr_in parts{};
  parts.sin_family = AF_INET;
  if (host.empty() || parsed.ec != std::errc() || parsed.ptr != end || port > 65'535 ||
      inet_pton(AF_INET, host.c_str(), &parts.sin_addr) != 1) {
    return fail(ErrorCode::Invalid,
                fmt::format("'{}' is not an address like 127.0.0.1:8080", address));
  }
  if ((ntohl(parts.sin_addr.s_addr) >> 24U) != 127) {
    return fail(
        ErrorCode::Invalid,
        fmt::format(
            "'{}' can be reached from other machines, and nothing is encrypted yet: take 127.0.0.1",
            address));
  }
  parts.sin_port = htons(static_cast<std::uint16_t>(port));
  return parts;
}

}  // namespace

struct Server::Parts {
  std::map<std::string, MakePage> pages;
  std::string address;
  MHD_Daemon* daemon = nullptr;
  char begun = 0;  // Its address marks a request whose headers have been seen.

  ~Parts() {
    if (daemon != nullptr) MHD_stop_daemon(daemon);
  }

  bool known_host(MHD_Connection* connection) const {
    const char* host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (host == nullptr) return true;  // HTTP/1.0
    const std::string_view text(host);
    const auto port = address.substr(address.rfind(':'));
    return text == address || text == "localhost" + port;
  }

  Page page_for(MHD_Connection* connection, const char* url, std::string_view method) const {
    if (!known_host(connection))
      return Page{403, "text/plain; charset=utf-8", "this host name is not served\n"};
    if (method != "GET" && method != "HEAD") {
      return Page{405, "text/plain; charset=utf-8", "only GET and HEAD are answered\n"};
    }
    const auto page = pages.find(url);
    if (page != pages.end()) return page->second();
    std::string known;
    for (const auto& [path, make] : pages) known += "  " + path + "\n";
    return Page{404, "text/plain; charset=utf-8", "no such page; there are\n" + known};
  }

  static MHD_Result handle(void* self, MHD_Connection* connection, const char* url,
                           const char* method, const char*, const char*, std::size_t* upload,
                           void** request) {
    auto& parts = *static_cast<Parts*>(self);
    if (*request == nullptr) {  // First call: headers only.
      *request = &parts.begun;
      return MHD_YES;
    }
    if (*upload != 0) {  // Nothing is taken.
      *upload = 0;
      return MHD_YES;
    }
    const Page page = parts.page_for(connection, url, method);
    MHD_Response* response = MHD_create_response_from_buffer(
        page.body.size(), const_cast<char*>(page.body.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.type.c_str());
    const MHD_Result queued = MHD_queue_response(connection, page.status, response);
    MHD_destroy_response(response);
    return queued;
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

const std::string& Server::address() const { return parts_->address; }

Result<std::unique_ptr<Server>> Server::open(const std::string& address,
                                             std::map<std::string, MakePage> pages) {
  auto where = parse_address(address);
  if (!where) return tl::unexpected(where.error());
  auto parts = std::make_unique<Parts>();
  parts->pages = std::move(pages);
  parts->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, ntohs(where->sin_port), nullptr, nullptr, &Parts::handle,
      parts.get(), MHD_OPTION_SOCK_ADDR, reinterpret_cast<sockaddr*>(&*where),
      MHD_OPTION_CONNECTION_LIMIT, max_connections, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, max_header_bytes, MHD_OPTION_END);
  if (parts->daemon == nullptr) {
    return fail(ErrorCode::Busy,
                fmt::format("nothing can listen on {}: the port is taken", address));
  }
  const auto* info = MHD_get_daemon_info(parts->daemon, MHD_DAEMON_INFO_BIND_PORT);
  const std::uint16_t port = info != nullptr ? info->port : ntohs(where->sin_port);
  parts->address = fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

}  // namespace drover::http

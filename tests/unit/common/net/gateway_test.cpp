#include "common/net/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/net/link.hpp"
#include "common/net/options.hpp"
#include "common/wire/limits.hpp"
#include "mailbox.hpp"

namespace drover::net {
namespace {

using ::testing::HasSubstr;
using testing::Mailbox;
using testing::patience;

struct Frame {
  Peer peer;
  std::string bytes;
};

/// A gateway whose frames and reports can be waited for.
struct Listener {
  Mailbox<Frame> frames;
  Mailbox<Peer> undelivered;
  Mailbox<Peer> room;
  std::unique_ptr<Gateway> gateway;

  explicit Listener(const std::string& address = "tcp://127.0.0.1:*", Outbox::Limits limits = {}) {
    GatewayHandlers handlers;
    handlers.on_frame = [this](const Peer& peer, std::string_view bytes) {
      frames.put({peer, std::string(bytes)});
    };
    handlers.on_undelivered = [this](const Peer& peer, const Error&) { undelivered.put(peer); };
    handlers.on_room = [this](const Peer& peer) { room.put(peer); };
    gateway = Gateway::open(address, std::move(handlers), limits).value();
  }
};

struct Caller {
  Mailbox<std::string> frames;
  Mailbox<bool> connected;  // true, false, true, ...
  std::unique_ptr<Link> link;

  explicit Caller(const std::string& address) {
    LinkHandlers handlers;
    handlers.on_frame = [this](std::string_view bytes) { frames.put(std::string(bytes)); };
    handlers.on_connected = [this] { connected.put(true); };
    handlers.on_disconnected = [this] { connected.put(false); };
    link = Link::open(address, std::move(handlers)).value();
  }
  bool becomes_connected() { return connected.take() == true; }
};

/// A DEALER without our care: sends what we never would, and reads only when told to.
struct RawPeer {
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::dealer};

  explicit RawPeer(const std::string& address) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvhwm, 1);
    socket.set(zmq::sockopt::rcvtimeo,
               static_cast<int>(std::chrono::milliseconds(patience).count()));
    socket.connect(address);
  }
  void send(std::string_view bytes) { socket.send(zmq::buffer(bytes), zmq::send_flags::none); }
  std::string receive() {
    zmq::message_t message;
    return socket.recv(message) ? message.to_string() : "(nothing came)";
  }
};

TEST(GatewayAndLink, CarryFramesBothWaysInOrder) {
  Listener here;
  Caller there(here.gateway->address());
  ASSERT_TRUE(there.becomes_connected());
  constexpr int many = 5000;
  for (int i = 0; i < many; ++i) ASSERT_TRUE(there.link->send(std::to_string(i)));
  for (int i = 0; i < many; ++i) {
    const auto frame = here.frames.take();
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->bytes, std::to_string(i));
    ASSERT_TRUE(here.gateway->send(frame->peer, frame->bytes + "!"));
  }
  for (int i = 0; i < many; ++i) ASSERT_EQ(there.frames.take(), std::to_string(i) + "!");
}

TEST(GatewayAndLink, CarryAFrameOfFullSize) {
  Listener here;
  Caller there(here.gateway->address());
  ASSERT_TRUE(there.becomes_connected());
  const std::string large(wire::max_frame_bytes, 'x');
  ASSERT_TRUE(there.link->send(large));
  const auto frame = here.frames.take();
  ASSERT_TRUE(frame && frame->bytes == large);
  ASSERT_TRUE(here.gateway->send(frame->peer, large));
  EXPECT_TRUE(there.frames.take() == large);
}

TEST(GatewayAndLink, RefuseToSendAFrameAboveTheLimit) {
  Listener here;
  Caller there(here.gateway->address());
  ASSERT_TRUE(there.becomes_connected());
  const std::string large(wire::max_frame_bytes + 1, 'x');
  EXPECT_EQ(there.link->send(large).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(here.gateway->send(Peer{"anyone"}, large).error().code, ErrorCode::TooLarge);
}

TEST(Gateway, ReportsAFrameForAPeerItDoesNotHave) {
  Listener here;
  ASSERT_TRUE(here.gateway->send(Peer{"nobody"}, "hello?"));
  EXPECT_EQ(here.undelivered.take(), Peer{"nobody"});
  EXPECT_EQ(here.gateway->waiting(Peer{"nobody"}), 0U);
}

TEST(Gateway, ReportsAFrameForAPeerThatHasLeft) {
  Listener here;
  Frame frame;
  {
    Caller there(here.gateway->address());
    ASSERT_TRUE(there.becomes_connected());
    ASSERT_TRUE(there.link->send("here I am"));
    frame = here.frames.take().value();
  }
  // The connection's end takes a moment to arrive; until then frames are taken, and lost with it.
  while (!here.undelivered.take(std::chrono::milliseconds(1))) {
    ASSERT_TRUE(here.gateway->send(frame.peer, "still there?"));
  }
}

TEST(Gateway, CutsOffAPeerThatSendsTooLargeAFrameAndServesOthers) {
  Listener here;
  RawPeer rude(here.gateway->address());
  rude.send(std::string(wire::max_frame_bytes + 1, 'x'));
  Caller there(here.gateway->address());
  ASSERT_TRUE(there.becomes_connected());
  ASSERT_TRUE(there.link->send("small"));
  EXPECT_EQ(here.frames.take()->bytes, "small");
  EXPECT_EQ(here.frames.size(), 0U);
}

TEST(Gateway, MakesAMessageOfSeveralPartsAnEmptyFrame) {
  Listener here;
  RawPeer rude(here.gateway->address());
  rude.socket.send(zmq::str_buffer("one"), zmq::send_flags::sndmore);
  rude.socket.send(zmq::str_buffer("two"), zmq::send_flags::sndmore);
  rude.socket.send(zmq::str_buffer("three"), zmq::send_flags::none);
  rude.send("whole");
  EXPECT_EQ(here.frames.take()->bytes, "");
  EXPECT_EQ(here.frames.take()->bytes, "whole");
}

TEST(Gateway, BoundsWhatWaitsForAPeerThatDoesNotReadAndServesOthers) {
  Listener here;
  RawPeer silent(here.gateway->address());
  silent.send("I shall not read");
  const Peer peer = here.frames.take()->peer;

  // The network in between holds some megabytes; what fills it is not ours to bound.
  constexpr std::size_t size = std::size_t{64} << 10U;
  constexpr std::size_t limit = std::size_t{1} << 20U;
  std::size_t taken = 0;
  Result<void> sent;
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (int refused_in_a_row = 0;
       refused_in_a_row < 50 && std::chrono::steady_clock::now() < give_up;) {
    sent = here.gateway->send(peer, std::to_string(taken) + std::string(size, ' '));
    taken += sent ? 1 : 0;
    ASSERT_LE(here.gateway->waiting(peer), limit);
    // Once it is full for good nothing is written any more: nobody says that there is room.
    refused_in_a_row =
        !sent && !here.room.take(std::chrono::milliseconds(2)) ? refused_in_a_row + 1 : 0;
  }
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::Full);

  Caller other(here.gateway->address());
  ASSERT_TRUE(other.becomes_connected());
  ASSERT_TRUE(other.link->send("me too"));
  ASSERT_TRUE(here.gateway->send(here.frames.take()->peer, "of course"));
  EXPECT_EQ(other.frames.take(), "of course");

  for (std::size_t i = 0; i < taken; ++i) ASSERT_EQ(std::stoul(silent.receive()), i);
  EXPECT_EQ(here.room.take(), peer);
  ASSERT_TRUE(here.gateway->send(peer, "thank you"));
  EXPECT_EQ(silent.receive(), "thank you");
}

TEST(Gateway, IsNotDisturbedByClientsOfAnotherProtocol) {
  Listener here;
  zmq::context_t context;
  zmq::socket_t browser(context, zmq::socket_type::stream);
  browser.set(zmq::sockopt::linger, 0);
  browser.connect(here.gateway->address());
  zmq::message_t id;
  ASSERT_TRUE(browser.recv(id));
  browser.send(id, zmq::send_flags::sndmore);
  browser.send(zmq::str_buffer("GET / HTTP/1.1\r\nHost: drover\r\n\r\n"), zmq::send_flags::none);

  Caller there(here.gateway->address());
  ASSERT_TRUE(there.becomes_connected());
  ASSERT_TRUE(there.link->send("hello"));
  EXPECT_EQ(here.frames.take()->bytes, "hello");
}

TEST(Gateway, ListensOnLoopbackOnly) {
  for (const auto* address :
       {"tcp://0.0.0.0:7777", "tcp://*:7777", "tcp://192.168.1.5:*", "tcp://eth0:1"}) {
    const auto refused = Gateway::open(address, {});
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().context, HasSubstr("not encrypted"));
  }
  EXPECT_EQ(Gateway::open("127.0.0.1:7777", {}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(Gateway::open("tcp://7777", {}).error().code, ErrorCode::Invalid);
}

TEST(Gateway, SaysThatAnotherProgramHasThePort) {
  Listener here;
  const auto second = Gateway::open(here.gateway->address(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Busy);
  EXPECT_THAT(second.error().context, HasSubstr(here.gateway->address()));
}

TEST(Gateway, RefusesFramesOnceItIsClosed) {
  Listener here;
  here.gateway->close();
  EXPECT_EQ(here.gateway->send(Peer{"anyone"}, "late").error().code, ErrorCode::Unavailable);
}

TEST(Gateway, DeliversOnClosingWhatItHadTaken) {
  auto here = std::make_unique<Listener>();
  RawPeer there(here->gateway->address());
  there.send("hello");
  const Peer peer = here->frames.take()->peer;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(here->gateway->send(peer, std::to_string(i)));
  std::thread reading([&] {
    for (int i = 0; i < 300; ++i) EXPECT_EQ(there.receive(), std::to_string(i));
  });
  here.reset();
  reading.join();
}

TEST(Link, DeliversOnClosingWhatItHadTaken) {
  Listener here;
  auto there = std::make_unique<Caller>(here.gateway->address());
  ASSERT_TRUE(there->becomes_connected());
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(there->link->send(std::to_string(i)));
  there.reset();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(here.frames.take()->bytes, std::to_string(i));
}

TEST(Link, RefusesFramesWhileItIsNotConnected) {
  std::string address;
  {
    Listener here;
    address = here.gateway->address();
  }
  Caller there(address);
  const auto sent = there.link->send("anyone?");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(sent.error().context, HasSubstr(address));
}

TEST(Link, ConnectsAgainWhenTheSchedulerIsBackOnItsPort) {
  auto here = std::make_unique<Listener>();
  const std::string address = here->gateway->address();
  Caller there(address);
  for (int life = 0; life < 3; ++life) {
    ASSERT_TRUE(there.becomes_connected());
    ASSERT_TRUE(there.link->send("life " + std::to_string(life)));
    const auto frame = here->frames.take();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->bytes, "life " + std::to_string(life));
    ASSERT_TRUE(here->gateway->send(frame->peer, "welcome"));
    EXPECT_EQ(there.frames.take(), "welcome");
    here.reset();
    EXPECT_EQ(there.connected.take(), false);
    here = std::make_unique<Listener>(address);
  }
}

TEST(Link, SaysWhatAnAddressLooksLike) {
  const auto link = Link::open("nonsense", {});
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().context, HasSubstr("tcp://HOST:PORT"));
}

TEST(Options, AreNoneOfZeroMqsDefaults) {
  zmq::context_t context;
  namespace option = zmq::sockopt;
  const auto socket = make_socket(context, zmq::socket_type::router);
  EXPECT_EQ(socket.get(option::maxmsgsize), 2 << 20);
  EXPECT_EQ(socket.get(option::sndhwm), 64);
  EXPECT_EQ(socket.get(option::rcvhwm), 64);
  EXPECT_LE(socket.get(option::linger), 2000);
  EXPECT_EQ(socket.get(option::handshake_ivl), 5000);
  EXPECT_EQ(socket.get(option::heartbeat_ivl), 0);  // See options.cpp.
  EXPECT_EQ(socket.get(option::tcp_maxrt), 10'000);
  EXPECT_EQ(socket.get(option::reconnect_ivl_max), 2000);
}

}  // namespace
}  // namespace drover::net

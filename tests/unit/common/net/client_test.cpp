#include "common/net/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/net/gateway.hpp"
#include "mailbox.hpp"

namespace drover::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::Mailbox;
using testing::patience;
using wire::ClientReply;
using wire::ClientRequest;

struct Asked {
  Peer peer;
  wire::Received<ClientRequest> request;
};

/// A scheduler that keeps what it is asked, and answers at once if told how.
struct Server {
  using Answer = std::function<std::vector<std::string>(const Asked&)>;
  Mailbox<Asked> asked;
  std::unique_ptr<Gateway> gateway;

  explicit Server(Answer answer = {}, const std::string& address = "tcp://127.0.0.1:*") {
    GatewayHandlers handlers;
    handlers.on_frame = [this, answer](const Peer& peer, std::string_view frame) {
      const Asked question{peer, wire::decode<ClientRequest>(frame).value()};
      if (answer) {
        for (const auto& reply : answer(question)) EXPECT_TRUE(gateway->send(peer, reply));
      }
      asked.put(question);
    };
    gateway = Gateway::open(address, std::move(handlers)).value();
  }
};

std::string reply_to(const Asked& asked, const ClientReply& reply) {
  return wire::encode(asked.request.envelope, reply).value();
}

TEST(Client, GetsTheAnswerToItsRequest) {
  Server server([](const Asked& asked) {
    const auto& show = std::get<wire::ShowRun>(asked.request.message);
    wire::RunStatus status;
    status.name = "answer to " + show.run;
    return std::vector{reply_to(asked, status)};
  });
  const auto client = Client::connect(server.gateway->address()).value();
  for (const auto* run : {"7f3a", "last"}) {
    const auto status = client->ask<wire::RunStatus>(wire::ShowRun{run}, patience);
    ASSERT_TRUE(status) << status.error().context;
    EXPECT_EQ(status->name, std::string("answer to ") + run);
  }
  EXPECT_EQ(server.asked.size(), 2U);
}

TEST(Client, PassesOverAnswersToOtherRequests) {
  Server server([](const Asked& asked) {
    Asked earlier = asked;
    earlier.request.envelope.sequence -= 1;
    Asked strange = asked;
    strange.request.envelope.session += 1;
    return std::vector<std::string>{"garbage", reply_to(earlier, wire::Runs{}),
                                    reply_to(strange, wire::Runs{}),
                                    reply_to(asked, wire::Pong{"0.1.0"})};
  });
  const auto client = Client::connect(server.gateway->address()).value();
  EXPECT_EQ(client->ask<wire::Pong>(wire::Ping{}, patience).value().version, "0.1.0");
}

TEST(Client, TurnsAFailureIntoAnError) {
  Server server([](const Asked& asked) {
    return std::vector{reply_to(asked, wire::Failed{ErrorCode::NotFound, "no run is called 7f3a"})};
  });
  const auto client = Client::connect(server.gateway->address()).value();
  EXPECT_EQ(client->ask<wire::RunStatus>(wire::ShowRun{"7f3a"}, patience).error(),
            (Error{ErrorCode::NotFound, "no run is called 7f3a"}));
}

TEST(Client, NamesTheAddressWhereNobodyListens) {
  std::string address;
  {
    Server server;
    address = server.gateway->address();
  }
  const auto client = Client::connect(address).value();
  const auto error = client->request(wire::Ping{}, 50ms).error();
  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_THAT(error.context, HasSubstr("no scheduler answers at " + address));
}

TEST(Client, NamesTheAddressWhereNobodyAnswers) {
  Server server;
  const auto client = Client::connect(server.gateway->address()).value();
  const auto error = client->request(wire::Ping{}, 500ms).error();
  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_THAT(error.context, HasSubstr(server.gateway->address()));
}

TEST(Client, AsksAgainUnderTheSameNumberWhenTheSchedulerComesBack) {
  auto dying = std::make_unique<Server>();
  const std::string address = dying->gateway->address();
  const auto client = Client::connect(address).value();
  Mailbox<Result<wire::Pong>> answers;
  std::thread asking([&] { answers.put(client->ask<wire::Pong>(wire::Ping{}, patience)); });

  const auto first = dying->asked.take();
  dying.reset();
  Server back([](const Asked& asked) { return std::vector{reply_to(asked, wire::Pong{"0.1.0"})}; },
              address);
  const auto again = back.asked.take();
  asking.join();

  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->request.envelope, again->request.envelope);
  const auto answer = answers.take().value();
  ASSERT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(answer->version, "0.1.0");
}

TEST(Client, SaysThatARequestIsTooLarge) {
  Server server;
  const auto client = Client::connect(server.gateway->address()).value();
  wire::Submit submit;
  submit.text = std::string(wire::max_frame_bytes, '#');
  EXPECT_EQ(client->request(submit, patience).error().code, ErrorCode::TooLarge);
}

TEST(Client, NamesBothVersionsWhereTheSchedulersIsAnother) {
  Server server([](const Asked& asked) {
    auto reply = reply_to(asked, wire::Pong{});
    reply[8] = 2;  // the version, after the array's and the magic's 8 bytes
    return std::vector{reply};
  });
  const auto client = Client::connect(server.gateway->address()).value();
  const auto error = client->request(wire::Ping{}, patience).error();
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_THAT(error.context, HasSubstr("speaks version 2"));
}

}  // namespace
}  // namespace drover::net

#include "snapshots/feed/feed_fixture.h"

namespace meridian::snapshots::feed {
namespace {

TEST_F(Feed, OthersGetWhatTheCanaryServesAndANewEdgeToo) {
  start_control_with_canary();
  auto canary = make_edge("canary"), other = make_edge("other");
  loop.advance(seconds(1));
  EXPECT_EQ(other->text, "abc");
  canary->serves_at_once = false;
  canary->served = 3;
  control->add("d");
  auto late = make_edge("late");
  loop.advance(seconds(1));
  EXPECT_EQ(canary->text, "abcd");
  EXPECT_EQ(other->text, "abc");
  EXPECT_EQ(late->text, "abc");
  canary->served = 4;
  loop.advance(seconds(1));
  EXPECT_EQ(other->text, "abcd");
  EXPECT_EQ(late->text, "abcd");
  EXPECT_EQ(served(), 4u);
}

TEST_F(Feed, WhatTheCanaryDiesOfNeverReachesTheOthers) {
  start_control_with_canary(seconds(20));
  auto canary = make_edge("canary"), other = make_edge("other");
  loop.advance(seconds(22));
  EXPECT_EQ(other->text, "abc");
  std::vector<std::string> told;
  control->server->on_crash([&](const std::string& edge, const Crash& crash) -> Result<std::uint64_t> {
    told.push_back(edge + " " + crash.zone_id);
    return 5;
  });
  control->add("x");
  EXPECT_EQ(canary->text, "abcx");
  canary->path->up = false;
  loop.advance(seconds(6));
  canary->died_of = {"Z1", 4, 4, "SIGABRT"};
  canary->path->up = true;
  loop.advance(seconds(6));
  EXPECT_EQ(told, std::vector<std::string>{"canary Z1"});
  EXPECT_TRUE(canary->died_of.zone_id.empty()) << "told once";
  EXPECT_EQ(control->count("meridian_feed_edge_crashes_total"), 1);
  loop.advance(minutes(5));
  EXPECT_EQ(other->text, "abc");
  control->add("-");
  loop.advance(seconds(25));
  EXPECT_EQ(other->text, "abcx-");
  EXPECT_EQ(other->applied, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 3}, {0, 5}}))
      << "never the revision between";
}

TEST_F(Feed, ACrashThatTheControlCouldNotDealWithIsToldAgain) {
  start_control();
  int told = 0;
  control->server->on_crash([&](const std::string&, const Crash&) -> Result<std::uint64_t> {
    if (++told == 1) return fail(ErrorCode::Unavailable, "the store is busy");
    return 0;
  });
  auto edge = std::make_unique<Edge>(loop, logger, "fra1");
  edge->store = store;
  edge->text = "abc";
  edge->died_of = {"Z1", 2, 3, "SIGABRT"};
  edge->start();
  loop.advance(seconds(2));
  EXPECT_EQ(told, 2);
  EXPECT_TRUE(edge->died_of.zone_id.empty());
  EXPECT_TRUE(edge->client->state().following);
}

TEST_F(Feed, ANewEdgeGetsAnImageThenEachDelta) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(milliseconds(10));
  EXPECT_EQ(edge->client->state().problem, "");
  EXPECT_EQ(edge->text, "abc");
  EXPECT_EQ(edge->store, store);
  control->add("d");
  EXPECT_EQ(edge->text, "abcd");
  EXPECT_EQ(served(), 4u);
  control->add("ef");
  EXPECT_EQ(edge->applied, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 3}, {3, 4}, {4, 6}}));
  EXPECT_EQ(control->edge("fra1").revision, 6u);
  EXPECT_EQ(control->edge("fra1").software, "1.0.0");
  EXPECT_TRUE(edge->client->state().following);
  loop.advance(seconds(2));
  EXPECT_EQ(control->edge("fra1").load.queries_per_s, 5u);
}

TEST_F(Feed, AnEdgeThatHasTheRevisionGetsNothingOrOnlyWhatItLacks) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->path->up = false;
  loop.advance(seconds(6));
  EXPECT_FALSE(edge->client->state().following);
  control->add("d");
  control->add("e");
  edge->applied.clear();
  edge->path->up = true;
  loop.advance(seconds(10));
  EXPECT_EQ(edge->text, "abcde");
  EXPECT_EQ(edge->applied, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 4}, {4, 5}}));
  EXPECT_EQ(control->images_made, 1);
}

TEST_F(Feed, ARestartedControlIsFollowedWithoutAnImage) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  control.reset();
  loop.advance(minutes(5));
  EXPECT_EQ(edge->text, "abc");
  start_control("abc");
  control->server->expect({"fra1"});
  EXPECT_EQ(served(), 0u) << "nobody said yet what the edge serves";
  loop.advance(seconds(6));
  EXPECT_EQ(edge->applied.size(), 1u);
  EXPECT_EQ(served(), 3u);
  control->add("d");
  EXPECT_EQ(served(), 4u);
}

TEST_F(Feed, ManyEdgesShareOneImageAndItIsMadeAnewOnlyWhenTheHistoryLeavesIt) {
  start_control("abc", 3 * (sizeof(Package) + 40));
  std::vector<std::unique_ptr<Edge>> edges;
  for (int i = 0; i < 5; ++i) edges.push_back(make_edge("e" + std::to_string(i)));
  loop.advance(seconds(1));
  EXPECT_EQ(control->images_made, 1);
  control->add("d");
  edges.push_back(make_edge("late"));
  loop.advance(seconds(1));
  EXPECT_EQ(control->images_made, 1);
  EXPECT_EQ(edges.back()->applied, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 3}, {3, 4}}));
  for (int i = 0; i < 10; ++i) control->add("x");
  edges.push_back(make_edge("later"));
  loop.advance(seconds(1));
  EXPECT_EQ(control->images_made, 2);
  for (auto& edge : edges) EXPECT_EQ(edge->text, control->text());
}

TEST_F(Feed, AnEdgeOfAnotherStoreGetsAnImageAndItsRevisionsCountForNothing) {
  start_control();
  auto edge = std::make_unique<Edge>(loop, logger, "fra1");
  edge->store = StoreId::draw(random);
  edge->text = "xyzxyz";
  edge->start();
  edge->path->stalled = true;
  loop.advance(milliseconds(500));
  EXPECT_EQ(control->edge("fra1").revision, 0u);
  edge->path->stalled = false;
  loop.advance(seconds(12));
  EXPECT_EQ(edge->text, "abc");
  EXPECT_EQ(edge->store, store);
  EXPECT_EQ(control->edge("fra1").revision, 3u);
}

TEST_F(Feed, AnEdgeAheadOfARestoredControlComesBackToIt) {
  start_control();
  auto edge = std::make_unique<Edge>(loop, logger, "fra1");
  edge->store = store;
  edge->text = "abcdefgh";
  edge->start();
  loop.advance(seconds(1));
  EXPECT_EQ(edge->text, "abc");
  EXPECT_TRUE(control->edge("fra1").connected);
  EXPECT_EQ(control->edge("fra1").revision, 3u);
}

TEST_F(Feed, AChangeIsServedWhenEveryEdgeAnswersWithIt) {
  start_control();
  auto one = make_edge("one"), two = make_edge("two");
  loop.advance(seconds(1));
  two->serves_at_once = false;
  two->served = 3;
  control->add("d");
  loop.advance(seconds(1));
  EXPECT_EQ(two->text, "abcd");
  EXPECT_EQ(served(), 3u) << "applied is not yet served";
  two->served = 4;
  loop.advance(kAcknowledgeMax);
  EXPECT_EQ(served(), 4u);
}

TEST_F(Feed, AnEdgeThatIsCutOffIsWaitedForThenLeftOutAndConvergesOnReturn) {
  start_control();
  auto one = make_edge("one"), two = make_edge("two");
  loop.advance(seconds(1));
  two->path->up = false;
  control->add("d");
  loop.advance(seconds(9));
  EXPECT_EQ(served(), 3u);
  EXPECT_FALSE(control->edge("two").connected);
  loop.advance(seconds(2));
  EXPECT_EQ(served(), 4u);
  two->path->up = true;
  loop.advance(seconds(6));
  EXPECT_EQ(two->text, "abcd");
  EXPECT_TRUE(control->edge("two").connected);
  control->add("e");
  EXPECT_EQ(served(), 5u);
}

TEST_F(Feed, AnEdgeWithMuchToApplyIsHeardMeanwhileAndWaitedFor) {
  start_control();
  auto edge = make_edge("one");
  loop.advance(seconds(1));
  Duration longest_silence{};
  edge->when_applying = [&] {
    longest_silence = std::max(longest_silence, loop.clock().now() - *control->edge("one").heard_at);
    loop.pass(seconds(2));
  };
  for (const char* letter : {"d", "e", "f", "g", "h", "i", "j", "k"}) control->publish(letter);
  loop.advance(seconds(20));
  EXPECT_EQ(edge->text, "abcdefghijk");
  EXPECT_LE(longest_silence, seconds(2)) << "taken for gone after 5 s";
  EXPECT_EQ(served(), 11u);
}

TEST_F(Feed, ARefusedDeltaIsKeptAndAnImageIsAskedForWithBackOff) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  control->add("!");
  EXPECT_EQ(edge->text, "abc");
  ASSERT_EQ(edge->refused.size(), 1u);
  EXPECT_EQ(edge->refused[0], (std::pair<std::uint64_t, std::uint64_t>{3, 4}));
  EXPECT_EQ(decompress(edge->refused_bytes, 1).value(), "!");
  EXPECT_THAT(control->edge("fra1").refusal, HasSubstr("bad letter"));
  EXPECT_THAT(edge->client->state().problem, HasSubstr("bad letter"));
  EXPECT_EQ(control->count("meridian_feed_refusals_total"), 1);
  control->add("e");  // nothing is sent to an edge that cannot follow
  EXPECT_EQ(edge->refused.size(), 1u);

  loop.advance(minutes(10));  // every image has the bad letter too
  EXPECT_GT(edge->refused.size(), 10u);
  EXPECT_LT(edge->refused.size(), 20u) << edge->attempts << edge->client->state().problem;
  EXPECT_EQ(edge->text, "abc");
  EXPECT_EQ(served(), 3u);
  EXPECT_TRUE(edge->client->state().following);

  control->replace_all("ABCDEF");
  loop.advance(kImageWantedMax);
  EXPECT_EQ(edge->text, "ABCDEF");
  EXPECT_EQ(served(), 6u);
  EXPECT_EQ(control->edge("fra1").refusal, "");
}

TEST_F(Feed, DamageOnTheWayIsRefusedAndMendedByAnImage) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->path->tamper = [](std::string& bytes) {
    if (bytes.size() > 20 && bytes[4] == 3) bytes.back() = static_cast<char>(bytes.back() ^ 1);  // a package
  };
  control->add("d");
  EXPECT_EQ(edge->text, "abc");
  EXPECT_EQ(edge->refused.size(), 1u);
  edge->path->tamper = nullptr;
  loop.advance(seconds(2));
  EXPECT_EQ(edge->text, "abcd");
  EXPECT_EQ(served(), 4u);
}

TEST_F(Feed, NonsenseFromTheControlEndsTheConnectionAndNothingElse) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->path->tamper = [](std::string& bytes) { bytes.assign(64, '\xff'); };
  control->add("d");
  loop.advance(seconds(20));
  EXPECT_EQ(edge->text, "abc");
  EXPECT_LT(edge->attempts, 20);
  edge->path->tamper = nullptr;
  loop.advance(seconds(10));
  EXPECT_EQ(edge->text, "abcd");
}

TEST_F(Feed, ASlowEdgeCostsABoundedAmountAndThenGetsAnImage) {
  start_control("abc", 2 * 1024 * 1024);
  auto slow = make_edge("slow"), quick = make_edge("quick");
  loop.advance(seconds(1));
  std::string noise(64 * 1024, '\0');
  slow->path->stalled = true;
  for (int i = 0; i < 200; ++i) {
    for (char& c : noise) c = static_cast<char>('a' + random.below(26));
    control->add(noise);
  }
  EXPECT_EQ(quick->text, control->text());
  EXPECT_LE(control->count("meridian_feed_history_bytes"), 2 * 1024 * 1024);
  // The quick one got all of it; the slow one what may be pending.
  EXPECT_LT(control->count("meridian_feed_deltas_sent_total"), 220);
  loop.advance(kStuckTimeMax + seconds(5));
  slow->path->stalled = false;
  loop.advance(seconds(15));
  EXPECT_EQ(slow->text, control->text());
  EXPECT_EQ(slow->applied.back().first, 0u) << "an image";
}

TEST_F(Feed, ALargeImageArrivesInParts) {
  std::string text(3'000'000, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  start_control(text);
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  EXPECT_EQ(edge->text, text);
}

TEST_F(Feed, ARemovedEdgeIsCutOffAtOnceAndAStrangerIsTurnedAway) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  control->strangers.insert("fra1");
  control->removing.push_back("fra1");
  loop.advance(kHeartbeatTime);
  EXPECT_FALSE(edge->client->state().following);
  EXPECT_TRUE(control->server->edges().empty());
  control->add("d");
  loop.advance(minutes(1));
  EXPECT_EQ(edge->text, "abc");
  EXPECT_EQ(served(), 4u);
  EXPECT_THAT(edge->client->state().problem, HasSubstr("not known here"));
  EXPECT_GT(control->count("meridian_feed_turned_away_total"), 5);
}

TEST_F(Feed, WithoutACertificateOrWithAnothersNameNobodyFollows) {
  start_control();
  auto nobody = std::make_unique<Edge>(loop, logger, "fra1");
  nobody->path->certificate.reset();
  nobody->start();
  auto other = std::make_unique<Edge>(loop, logger, "fra2");
  other->path->certificate->common_name = "fra3";
  other->start();
  loop.advance(seconds(5));
  EXPECT_EQ(nobody->text + other->text, "");
  EXPECT_TRUE(control->server->edges().empty());
}

TEST_F(Feed, ANewConnectionOfAnEdgeReplacesItsOlderOne) {
  start_control();
  auto before = make_edge("fra1");
  loop.advance(seconds(1));
  before->path->up = false;  // its machine is gone, and the control does not know yet
  auto after = make_edge("fra1");
  loop.advance(milliseconds(500));
  EXPECT_TRUE(control->edge("fra1").connected);
  control->add("d");
  EXPECT_EQ(after->text, "abcd");
  EXPECT_EQ(served(), 4u);
}

TEST_F(Feed, ACertificateThatEndsSoonIsRenewedAndUsed) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->renewal_due = true;
  const int before = edge->attempts;
  loop.advance(seconds(3));
  EXPECT_EQ(edge->renewed, "renewed request");
  EXPECT_EQ(edge->attempts, before + 1);
  EXPECT_TRUE(edge->client->state().following);
}

TEST_F(Feed, ATokenBecomesACertificateOrAReason) {
  start_control();
  auto path = std::make_shared<TestLoop::Path>();
  for (const char* token : {"good", "bad"}) {
    std::unique_ptr<EnrolClient> client;
    std::optional<Result<Certificate>> got;
    auto attempt = loop.connect(path, [&](auto connection) {
      client = std::make_unique<EnrolClient>(*std::move(connection), Enrol{token, "csr"},
                                             [&](auto certificate) { got = std::move(certificate); });
    });
    loop.run_posted();
    ASSERT_TRUE(got);
    if (std::string_view(token) == "good")
      EXPECT_EQ((*got)->certificate_pem, "certificate for csr");
    else
      EXPECT_THAT(got->error().message, HasSubstr("used before"));
  }
}

TEST_F(Feed, StrangersAreFewAndDoNotStay) {
  start_control();
  auto path = std::make_shared<TestLoop::Path>();
  std::vector<std::unique_ptr<net::TcpConnection>> silent;
  std::vector<std::unique_ptr<net::TcpConnect>> attempts;
  for (std::size_t i = 0; i < kStrangersMax; ++i)
    attempts.push_back(
        loop.connect(path, [&](auto connection) { silent.push_back(*std::move(connection)); }));
  loop.run_posted();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  EXPECT_EQ(edge->text, "");
  loop.advance(kGreetingTime + kReconnectMax + seconds(2));
  EXPECT_EQ(edge->text, "abc");
}

TEST(Token, ComesBackFromItsText) {
  const EdgeToken token{std::string(16, '\x01'), SystemTime(seconds(1800000000)), std::string(64, 'a'),
                        "control.example:4567", "fra1"};
  const std::string seal(32, '\x7f');
  const std::string text = write_token(token, seal);
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
            text.npos);
  auto read = read_token(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->token.id, token.id);
  EXPECT_EQ(read->token.expires, token.expires);
  EXPECT_EQ(read->token.authority_sha256, token.authority_sha256);
  EXPECT_EQ(read->token.feed_address, token.feed_address);
  EXPECT_EQ(read->token.name, token.name);
  EXPECT_EQ(read->seal, seal);
  EXPECT_EQ(read->sealed_part, sealed_part(token));
  for (std::size_t size = 0; size < text.size() - 50; ++size)
    EXPECT_FALSE(read_token(text.substr(0, size))) << size;
  EXPECT_FALSE(read_token(std::string(5000, 'a')));
}

}  // namespace
}  // namespace meridian::snapshots::feed

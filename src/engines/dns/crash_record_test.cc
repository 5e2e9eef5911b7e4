#include "engines/dns/crash_record.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "engines/dns/worker.h"
#include "formats/dns/message.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::soa;
using snapshots::dns::wire;
using snapshots::dns::ZoneChange;

Delta change(std::uint64_t from, std::uint64_t to, const std::string& apex) {
  return {from, to, {{ZoneChange::Kind::Replace, "Z" + apex, wire(apex), {soa(apex)}, {}}}};
}

class CrashRecordTest : public testing::Test {
 protected:
  CrashRecordTest() {
    char name[] = "/tmp/crash-record-XXXXXX";
    directory_ = mkdtemp(name);
    snapshot_ = DnsSnapshot::empty(random_);
    snapshot_ = apply(*snapshot_, change(0, 1, "a.test.")).value();
    snapshot_ = apply(*snapshot_, change(1, 2, "b.test.")).value();
  }
  ~CrashRecordTest() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/crash"; }

  // A process that takes some changes and then, `later`, dies while it answers `asked`.
  void die(int number, const std::string& asked, std::vector<Delta> taken,
           Duration later = Duration::zero()) {
    const pid_t child = fork();
    if (child == 0) {
      auto record = CrashRecord::open(path());
      if (!record) _exit(1);
      (*record)->begin(blamed_);
      for (const Delta& delta : taken) (*record)->took(delta, RealClock().now() - later);
      Published<DnsSnapshot> published(std::move(snapshot_));
      const ServerIdentity identity;
      Published<snapshots::location::Locations> locations(
          std::make_unique<const snapshots::location::Locations>());
      Worker worker(published, locations, identity, clock_, 1);
      std::array<std::uint8_t, 512> query;
      meridian::dns::MessageWriter writer(query, query.size());
      writer.set_header({});
      if (!asked.empty()) {
        writer.add_question(wire(asked), meridian::dns::Type::A, meridian::dns::Class::IN);
        worker.asked = Bytes(query).first(writer.finish());
      }
      set_worker_of_thread(&worker);
      if (number == SIGABRT) std::abort();
      kill(getpid(), number);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), number);
  }

  RealClock clock_;
  SeededRandom random_{1};
  std::string directory_;
  std::optional<Suspect> blamed_;
  std::unique_ptr<const DnsSnapshot> snapshot_;
};

TEST_F(CrashRecordTest, TheZoneOfTheFatalQueryIsSuspectedFromItsFirstRecentChangeOn) {
  die(SIGSEGV, "www.a.test.",
      {change(1, 5, "a.test."), change(5, 6, "b.test."), change(6, 7, "a.test."), change(7, 8, "b.test.")});
  auto record = CrashRecord::open(path()).value();
  auto suspect = record->suspect(*snapshot_);
  ASSERT_TRUE(suspect);
  EXPECT_EQ(suspect->zone_id, "Za.test.");
  EXPECT_EQ(suspect->since, 5u);
  EXPECT_EQ(suspect->seen, 7u);
  EXPECT_EQ(suspect->why, "the process before died of SIGSEGV while answering www.a.test. A");
}

Delta put(std::uint64_t from, std::uint64_t to, const std::string& apex, const std::string& owner) {
  return {from, to, {{ZoneChange::Kind::Edit, "Z" + apex, wire(apex), {snapshots::dns::address(owner)}, {}}}};
}

TEST_F(CrashRecordTest, TheChangeOfTheNameThatWasAskedForIsSuspectedAlone) {
  die(SIGSEGV, "WWW.a.test.",
      {put(1, 5, "a.test.", "ftp.a.test."), put(5, 6, "a.test.", "www.a.test."),
       put(6, 7, "a.test.", "x.a.test.")});
  auto suspect = CrashRecord::open(path()).value()->suspect(*snapshot_);
  ASSERT_TRUE(suspect);
  EXPECT_EQ(suspect->since, 6u);
  EXPECT_EQ(suspect->seen, 7u);
}

TEST_F(CrashRecordTest, WhoDiesOfTheZoneAgainSuspectsAllOfIt) {
  die(SIGSEGV, "www.a.test.", {put(1, 5, "a.test.", "ftp.a.test."), put(5, 6, "a.test.", "www.a.test.")});
  auto record = CrashRecord::open(path()).value();
  blamed_ = record->suspect(*snapshot_);
  die(SIGSEGV, "www.a.test.", {change(6, 7, "a.test.")});
  auto again = CrashRecord::open(path()).value()->suspect(*snapshot_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->since, 5u);
}

TEST_F(CrashRecordTest, AbortIsACrashToo) {
  die(SIGABRT, "www.a.test.", {change(1, 5, "a.test.")});
  EXPECT_TRUE(CrashRecord::open(path()).value()->suspect(*snapshot_));
}

TEST_F(CrashRecordTest, ADeathLongAfterTheChangeBlamesNobody) {
  die(SIGSEGV, "www.a.test.", {change(1, 5, "a.test.")}, kWatchWindow + std::chrono::seconds(1));
  auto record = CrashRecord::open(path()).value();
  EXPECT_FALSE(record->suspect(*snapshot_));
  EXPECT_FALSE(record->previous().empty());
}

TEST_F(CrashRecordTest, AZoneThatDidNotChangeIsNotBlamed) {
  die(SIGSEGV, "www.b.test.", {change(1, 5, "a.test.")});
  EXPECT_FALSE(CrashRecord::open(path()).value()->suspect(*snapshot_));
}

TEST_F(CrashRecordTest, AFullImageIsNoChange) {
  die(SIGSEGV, "www.a.test.", {change(0, 5, "a.test.")});
  EXPECT_FALSE(CrashRecord::open(path()).value()->suspect(*snapshot_));
}

TEST_F(CrashRecordTest, ADeathOutsideOfAQueryBlamesNobody) {
  die(SIGSEGV, "", {change(1, 5, "a.test.")});
  auto record = CrashRecord::open(path()).value();
  EXPECT_FALSE(record->suspect(*snapshot_));
  EXPECT_EQ(record->previous(), "the process before died of SIGSEGV while it was not answering a query");
}

TEST_F(CrashRecordTest, AKillFromOutsideIsNoCrash) {
  die(SIGKILL, "www.a.test.", {change(1, 5, "a.test.")});
  auto record = CrashRecord::open(path()).value();
  EXPECT_EQ(record->previous(), "");
  EXPECT_FALSE(record->suspect(*snapshot_));
}

TEST_F(CrashRecordTest, ANewProcessBeginsWithoutBlame) {
  die(SIGSEGV, "www.a.test.", {change(1, 5, "a.test.")});
  CrashRecord::open(path()).value()->begin();
  EXPECT_EQ(CrashRecord::open(path()).value()->previous(), "");
}

TEST_F(CrashRecordTest, MoreChangesThanItHoldsPushOutTheOldest) {
  std::vector<Delta> many;
  for (std::uint64_t revision = 5; revision < 5 + kTakenMax; ++revision)
    many.push_back(change(revision - 1, revision, "b.test."));
  many.insert(many.begin(), change(1, 4, "a.test."));
  die(SIGSEGV, "www.a.test.", many);
  EXPECT_FALSE(CrashRecord::open(path()).value()->suspect(*snapshot_));
}

TEST_F(CrashRecordTest, WhateverTheFileHoldsIsRead) {
  for (int round = 0; round < 200; ++round) {
    die(SIGSEGV, "www.a.test.", {change(1, 5, "a.test.")});
    FILE* file = std::fopen(path().c_str(), "r+");
    std::array<std::uint8_t, 64> noise;
    random_.fill(noise);
    const auto size = static_cast<std::uint64_t>(std::filesystem::file_size(path()));
    // Half of the rounds in what was written by the handler, which stands at the end.
    const std::uint64_t place = round % 2 ? size - 600 + random_.below(536) : 8 + random_.below(size - 72);
    std::fseek(file, static_cast<long>(place), SEEK_SET);
    std::fwrite(noise.data(), 1, noise.size(), file);
    std::fclose(file);
    auto record = CrashRecord::open(path()).value();
    (void)record->previous();
    (void)record->suspect(*snapshot_);
  }
}

}  // namespace
}  // namespace meridian::engines::dns

#include "snapshots/dns/disk_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/fake_disk.h"
#include "formats/dns/rdata.h"

namespace meridian::snapshots::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string wire(const std::string& text) {
  return std::string(meridian::dns::Name::parse(text)->wire());
}

RecordSet set_of(const std::string& owner, Type type, const std::string& value) {
  return {wire(owner), type, "", 60, {meridian::dns::parse_rdata(type, value).value()}, ""};
}

class DiskLogTest : public testing::Test {
 protected:
  void open(std::uint64_t log_bytes_min = DnsDiskLog::kLogBytesMin) {
    auto opened = DnsDiskLog::open(disk, "d", random, health_table, log_bytes_min);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(opened->log);
    snapshot = std::move(opened->snapshot);
    store = opened->store;
    warnings = std::move(opened->warnings);
  }
  void open_without(const std::string& zone_id, std::uint64_t since) {
    auto opened = DnsDiskLog::open_without({zone_id, since}, disk, "d", random, health_table);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(opened->log);
    snapshot = std::move(opened->snapshot);
    warnings = std::move(opened->warnings);
  }
  Result<void> append(Delta delta) {
    snapshot = apply(*snapshot, delta).value();
    return log->append(delta, *snapshot);
  }
  Delta image(std::uint64_t to) {
    return {0,
            to,
            {{ZoneChange::Kind::Replace,
              "Z1",
              wire("one.test."),
              {set_of("one.test.", Type::SOA, "ns.one.test. host.one.test. 1 2 3 4 5")},
              {}}}};
  }
  Delta edit(std::uint64_t from, const std::string& label) {
    return {from,
            from + 1,
            {{ZoneChange::Kind::Edit,
              "Z1",
              wire("one.test."),
              {set_of(label + ".one.test.", Type::A, "192.0.2.1")},
              {}}}};
  }
  // Every name of every zone: how two snapshots are compared whose tries differ in order.
  std::multiset<std::string> names() const {
    std::multiset<std::string> out;
    snapshot->for_each_zone([&](const DnsZone& zone) {
      zone.for_each_node(
          [&](const NameNode& node) { out.insert(zone.id() + std::string(node.relative_name())); });
    });
    return out;
  }
  std::string log_file() const {
    for (const auto& [path, bytes] : disk.contents())
      if (path.starts_with("d/log-")) return path;
    return "";
  }

  FakeDisk disk;
  SeededRandom random{1};
  std::shared_ptr<health::HealthTable> health_table = std::make_shared<health::HealthTable>();
  std::unique_ptr<DnsDiskLog> log;
  std::unique_ptr<const DnsSnapshot> snapshot;
  StoreId store;
  std::vector<std::string> warnings;
};

TEST_F(DiskLogTest, ANewDirectoryIsEmpty) {
  open();
  EXPECT_EQ(snapshot->revision(), 0u);
  EXPECT_TRUE(warnings.empty());
}

TEST_F(DiskLogTest, ARestartFindsImageAndDeltas) {
  open();
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  ASSERT_TRUE(append(edit(6, "b")));
  auto expected = names();
  open();
  EXPECT_EQ(snapshot->revision(), 7u);
  EXPECT_EQ(names(), expected);
  EXPECT_TRUE(warnings.empty());
  ASSERT_TRUE(append(edit(7, "c")));
  open();
  EXPECT_EQ(snapshot->revision(), 8u);
}

TEST_F(DiskLogTest, AZoneIsReadAsItWasBeforeARevisionAndStaysSo) {
  open();
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  auto expected = names();
  ASSERT_TRUE(append(edit(6, "b")));
  Delta other = image(8);
  other.from = 7;
  other.zones[0].zone_id = "Z2";
  ASSERT_TRUE(append(other));
  expected.insert("Z2");
  open_without("Z1", 7);
  EXPECT_EQ(names(), expected);
  EXPECT_EQ(snapshot->revision(), 8u);
  open();
  EXPECT_EQ(names(), expected) << "the disk still held what was left out";
  ASSERT_TRUE(append(edit(8, "c")));
  open();
  EXPECT_EQ(snapshot->revision(), 9u);
}

TEST_F(DiskLogTest, AZoneWhoseOlderStateTheImageDoesNotHoldIsAbsent) {
  open();
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  open_without("Z1", 5);
  EXPECT_EQ(snapshot->zone_count(), 0u);
  EXPECT_EQ(snapshot->revision(), 6u);
  disk.full = true;
  open_without("Z1", 5);
  EXPECT_FALSE(warnings.empty());
}

TEST_F(DiskLogTest, ALogTornAtAnyByteLosesOnlyItsTail) {
  open();
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  const std::size_t whole = disk.file(log_file()).size();
  ASSERT_TRUE(append(edit(6, "b")));
  const auto files = disk.contents();
  const std::string path = log_file();
  for (std::size_t size = whole; size < files.at(path).size(); ++size) {
    disk.set_contents(files);
    disk.file(path).resize(size);
    open();
    EXPECT_EQ(snapshot->revision(), 6u) << size;
    EXPECT_EQ(warnings.size(), size == whole ? 0u : 1u) << size;
    ASSERT_TRUE(append(edit(6, "c"))) << size;
    open();
    EXPECT_EQ(snapshot->revision(), 7u) << size;
  }
}

TEST_F(DiskLogTest, AFlippedBitIsNeverServed) {
  open();
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  const auto files = disk.contents();
  for (const auto& [path, bytes] : files) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      disk.set_contents(files);
      disk.file(path)[i] = static_cast<char>(disk.file(path)[i] ^ 0x10);
      open();
      ASSERT_EQ(warnings.size(), 1u) << path << " byte " << i;
      EXPECT_EQ(snapshot->revision(), path == "d/image" ? 0u : 5u);
    }
  }
  EXPECT_THAT(warnings[0], HasSubstr("cut off at byte 0"));
}

TEST_F(DiskLogTest, ADamagedImageIsKeptForInspection) {
  disk.file("d/image") = "not an image";
  open();
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("image.damaged")));
  EXPECT_EQ(disk.file("d/image.damaged"), "not an image");
  EXPECT_FALSE(disk.has("d/image"));
}

TEST_F(DiskLogTest, KnowsItsStoreAndBeginsAnewForAnother) {
  const StoreId first = StoreId::draw(random), second = StoreId::draw(random);
  open();
  EXPECT_FALSE(store.known());
  log->set_store(first);
  ASSERT_TRUE(append(image(5)));
  ASSERT_TRUE(append(edit(5, "a")));
  open();
  EXPECT_EQ(store, first);
  const std::string old_log = log_file();
  log->set_store(first);
  ASSERT_TRUE(append(edit(6, "b")));
  EXPECT_EQ(log_file(), old_log) << "the same store: the log goes on";
  log->set_store(second);
  ASSERT_TRUE(append(image(3)));
  open();
  EXPECT_EQ(store, second);
  EXPECT_EQ(snapshot->revision(), 3u);
  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(DiskLogTest, AnImageFromBeforeStoresHadNamesIsReadAsOfNone) {
  open();
  ASSERT_TRUE(append(image(5)));
  std::string& bytes = disk.file("d/image");
  const std::string body = bytes.substr(12 + sizeof(StoreId));
  std::string old = "MDNSIMG1";
  append_u32(old, crc32c(as_bytes(body)));
  bytes = old + body;
  open();
  EXPECT_EQ(snapshot->revision(), 5u);
  EXPECT_FALSE(store.known());
  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(DiskLogTest, ALongLogBecomesAnImage) {
  open(200);
  ASSERT_TRUE(append(image(5)));
  for (std::uint64_t from = 5; from < 40; ++from) ASSERT_TRUE(append(edit(from, "n" + std::to_string(from))));
  EXPECT_NE(log_file(), "d/log-5");
  EXPECT_EQ(disk.file_count(), 2u) << "one image and its log";
  open(200);
  EXPECT_EQ(snapshot->revision(), 40u);
}

TEST_F(DiskLogTest, AfterAFailedWriteTheNextOneIsWhole) {
  open();
  ASSERT_TRUE(append(image(5)));
  disk.full = true;
  EXPECT_FALSE(append(edit(5, "a")));
  disk.full = false;
  ASSERT_TRUE(append(edit(6, "b")));
  auto expected = names();
  open();
  EXPECT_EQ(names(), expected);
}

}  // namespace
}  // namespace meridian::snapshots::dns

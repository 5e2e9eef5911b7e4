#include "store/embedded/format.h"

#include <gtest/gtest.h>

namespace meridian::store::format {
namespace {

const KeyValue kItem{"key", "value", 3, 7, 9};

// Every shorter form and every form with a byte too many must be refused, as must a row of a later version.
template <typename Decode>
void expect_only_whole_rows_decode(const std::string& row, Decode decode) {
  EXPECT_TRUE(decode(row));
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_EQ(decode(row.substr(0, size)).error().code, ErrorCode::Corrupt) << size << " bytes";
  EXPECT_EQ(decode(row + "x").error().code, ErrorCode::Corrupt);
  std::string later = row;
  later[0] = 2;
  EXPECT_EQ(decode(later).error().code, ErrorCode::Corrupt);
}

TEST(StoreFormat, RowsSortByRevision) {
  EXPECT_LT(log_key(255), log_key(256));
  EXPECT_LT(undo_key(1), undo_key(std::uint64_t{1} << 40));
  EXPECT_EQ(*decode_log_key(log_key(123456789)), 123456789u);
}

TEST(StoreFormat, CurrentRows) {
  std::string row = encode_current(kItem);
  KeyValue item = *decode_current("key", row);
  EXPECT_EQ(item.value, "value");
  EXPECT_EQ(item.created, 3u);
  EXPECT_EQ(item.modified, 7u);
  EXPECT_EQ(item.lease, 9u);
  expect_only_whole_rows_decode(row, [](const std::string& bytes) { return decode_current("key", bytes); });
}

TEST(StoreFormat, LogRows) {
  EventBatch batch{7, {{Event::Kind::Put, kItem}, {Event::Kind::Delete, {"z", {}, 0, 7, 0}}}};
  std::string row = encode_log(batch);
  set_log_bytes(row, 1000);
  EXPECT_EQ(*decode_log_bytes(row), 1000u);
  EventBatch decoded = *decode_log(7, row);
  EXPECT_EQ(decoded.revision, 7u);
  ASSERT_EQ(decoded.events.size(), 2u);
  EXPECT_EQ(decoded.events[0].kind, Event::Kind::Put);
  EXPECT_EQ(decoded.events[0].item.value, "value");
  EXPECT_EQ(decoded.events[1].kind, Event::Kind::Delete);
  EXPECT_EQ(decoded.events[1].item.key, "z");
  expect_only_whole_rows_decode(row, [](const std::string& bytes) { return decode_log(7, bytes); });
}

TEST(StoreFormat, UndoRowsKeepTheKeysOfTheSpan) {
  std::string row = encode_undo({{"a", std::nullopt}, {"key", kItem}, {"z", std::nullopt}});
  Undo all = *decode_undo(row, {"", std::nullopt});
  EXPECT_EQ(all.size(), 3u);
  EXPECT_FALSE(all.at("a").has_value());
  EXPECT_EQ(all.at("key")->value, "value");
  Undo some = *decode_undo(row, {"b", "z"});
  EXPECT_EQ(some.size(), 1u);
  EXPECT_TRUE(some.contains("key"));
  expect_only_whole_rows_decode(row, [](const std::string& bytes) {
    return decode_undo(bytes, {"", std::nullopt});
  });
}

TEST(StoreFormat, HeadCompactedAndLeaseRows) {
  std::string head = encode_head({5, 600, 2});
  EXPECT_EQ(decode_head(head)->revision, 5u);
  EXPECT_EQ(decode_head(head)->log_bytes, 600u);
  EXPECT_EQ(decode_head(head)->last_lease, 2u);
  expect_only_whole_rows_decode(head, decode_head);

  std::string compacted = encode_compacted({4, 500});
  EXPECT_EQ(decode_compacted(compacted)->revision, 4u);
  EXPECT_EQ(decode_compacted(compacted)->log_bytes, 500u);
  expect_only_whole_rows_decode(compacted, decode_compacted);

  LeaseRow lease = *decode_lease(lease_key(6), encode_lease(std::chrono::seconds(3)));
  EXPECT_EQ(lease.lease, 6u);
  EXPECT_EQ(lease.ttl, std::chrono::seconds(3));
  LeaseMember member = *decode_lease_member(lease_member_key(6, "key"));
  EXPECT_EQ(member.lease, 6u);
  EXPECT_EQ(member.key, "key");
  EXPECT_EQ(decode_lease_member("k123").error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace meridian::store::format

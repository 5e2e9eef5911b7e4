#include "base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace meridian {
namespace {

SipKey paper_key() {
  std::array<std::uint8_t, 16> bytes;
  for (std::uint8_t i = 0; i < 16; ++i) bytes[i] = i;
  return SipKey::from_bytes(bytes);
}

TEST(SipHash, GivesTheValueOfThePaperForItsFifteenByteMessage) {
  std::string message;
  for (char i = 0; i < 15; ++i) message.push_back(i);
  EXPECT_EQ((siphash<2, 4>(paper_key(), message)), 0xa129ca6149be45e5u);
}

TEST(SipHash, GivesTheReferenceValueForTheEmptyMessage) {
  EXPECT_EQ((siphash<2, 4>(paper_key(), "")), 0x726fdb47dd0e0e31u);
}

// The reference implementation's: a3 81 7f 04 ba 25 a8 e6 6d f6 72 14 c7 55 02 93.
TEST(SipHash, OfTwiceTheWidthGivesTheReferenceValue) {
  EXPECT_EQ((siphash128<2, 4>(paper_key(), "").low), 0xe6a825ba047f81a3u);
  EXPECT_EQ((siphash128<2, 4>(paper_key(), "").high), 0x930255c71472f66du);
}

TEST(SipHash, DependsOnTheKeyAndOnTheLength) {
  EXPECT_NE((siphash<1, 3>(paper_key(), "a")), (siphash<1, 3>(SipKey{1, 2}, "a")));
  EXPECT_NE((siphash<1, 3>(paper_key(), std::string_view("a\0", 2))), (siphash<1, 3>(paper_key(), "a")));
}

}  // namespace
}  // namespace meridian

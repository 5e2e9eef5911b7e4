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

TEST(SipHash, DependsOnTheKeyAndOnTheLength) {
  EXPECT_NE((siphash<1, 3>(paper_key(), "a")), (siphash<1, 3>(SipKey{1, 2}, "a")));
  EXPECT_NE((siphash<1, 3>(paper_key(), std::string_view("a\0", 2))), (siphash<1, 3>(paper_key(), "a")));
}

}  // namespace
}  // namespace meridian

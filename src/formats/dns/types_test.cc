#include "formats/dns/types.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

TEST(Types, NamesAndNumbersRoundTrip) {
  for (unsigned value = 0; value <= 0xffff; ++value) {
    auto type = static_cast<Type>(value);
    ASSERT_EQ(parse_type(to_string(type)), type) << value;
  }
  EXPECT_EQ(to_string(Type::HTTPS), "HTTPS");
  EXPECT_EQ(to_string(static_cast<Type>(1234)), "TYPE1234");
}

TEST(Types, AreReadInAnyCaseAndByNumber) {
  EXPECT_EQ(parse_type("aAaA"), Type::AAAA);
  EXPECT_EQ(parse_type("type257"), Type::CAA);
  for (const char* bad : {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "AA", "TYPE000000000000000001"})
    EXPECT_FALSE(parse_type(bad)) << bad;
}

TEST(Types, OtherNumbersHaveTheirIanaNames) {
  EXPECT_EQ(to_string(Rcode::NXDomain), "NXDOMAIN");
  EXPECT_EQ(to_string(static_cast<Rcode>(3000)), "RCODE3000");
  EXPECT_EQ(to_string(Class::CH), "CH");
  EXPECT_EQ(to_string(static_cast<Class>(7)), "CLASS7");
  EXPECT_EQ(to_string(Opcode::Notify), "NOTIFY");
  EXPECT_EQ(to_string(static_cast<Opcode>(3)), "OPCODE3");
}

}  // namespace
}  // namespace meridian::dns

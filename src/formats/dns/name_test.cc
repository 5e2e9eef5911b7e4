#include "formats/dns/name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace meridian::dns {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Name name(std::string_view text) {
  return Name::parse(text).value();
}

Name random_name(Random& random) {
  Name made;
  for (std::uint64_t labels = random.below(6); labels > 0; --labels) {
    std::string label(1 + random.below(random.below(8) ? 8 : 63), '\0');
    for (char& c : label) c = static_cast<char>(random.next());
    if (auto longer = made.prepend(label)) made = *longer;
  }
  return made;
}

TEST(Name, ParsesAndPrints) {
  EXPECT_EQ(name("www.Example.com").to_string(), "www.Example.com.");
  EXPECT_EQ(name("www.example.com.").wire(), "\3www\7example\3com\0"sv);
  EXPECT_EQ(name(".").to_string(), ".");
  EXPECT_TRUE(Name().is_root());
  EXPECT_EQ(Name::parse("www", name("example.com"))->to_string(), "www.example.com.");
  EXPECT_EQ(Name::parse("www.", name("example.com"))->to_string(), "www.");
}

TEST(Name, EscapesInTheMannerOfMasterFiles) {
  EXPECT_EQ(name("a\\.b.c").wire(), "\3a.b\1c\0"sv);
  EXPECT_EQ(name("\\065\\000\\255").wire(), "\3A\0\xff\0"sv);
  EXPECT_EQ(name("a\\.b\\\\.*.\\000x\\032y").to_string(), "a\\.b\\\\.*.\\000x\\032y.");
}

TEST(Name, EscapesInTheMannerOfRoute53) {
  Name wildcard = name("*.ex_a-1.com");
  EXPECT_EQ(wildcard.to_string(Escapes::Octal), "\\052.ex_a-1.com.");
  EXPECT_EQ(Name::parse("\\052.ex_a-1.com", Name(), Escapes::Octal), wildcard);
  EXPECT_EQ(Name::parse("ex\\344mple.com", Name(), Escapes::Octal)->wire(), "\7ex\xe4mple\3com\0"sv);
  EXPECT_FALSE(Name::parse("\\400.com", Name(), Escapes::Octal));
  EXPECT_FALSE(Name::parse("\\089.com", Name(), Escapes::Octal));
}

TEST(Name, RefusalsSayWhatIsWrong) {
  std::string label63(63, 'a');
  auto why = [](std::string_view text) { return Name::parse(text).error().message; };
  EXPECT_EQ(why(""), "name is empty");
  EXPECT_EQ(why("a..b"), "label is empty");
  EXPECT_EQ(why(".a"), "label is empty");
  EXPECT_EQ(why(label63 + "a.com"), "label is longer than 63 bytes");
  EXPECT_EQ(why("a\\"), "escape is not \\ and three decimal digits up to 255");
  EXPECT_EQ(why("a\\25"), why("a\\"));
  EXPECT_EQ(why("a\\256"), why("a\\"));

  std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  EXPECT_EQ(name(longest).wire().size(), kNameSizeMax);
  EXPECT_EQ(name(longest + ".").wire().size(), kNameSizeMax);
  EXPECT_EQ(why(longest + "b"), "name is longer than 255 bytes");
  EXPECT_EQ(why(longest + "b."), "name is longer than 255 bytes");
  EXPECT_FALSE(Name::parse(longest, name("c")));
  EXPECT_FALSE(name(longest).prepend("x"));
}

TEST(Name, TakesLabelsApart) {
  Name www = name("*.www.example.com");
  EXPECT_EQ(www.label_count(), 4u);
  EXPECT_TRUE(www.is_wildcard());
  EXPECT_FALSE(name("*a.com").is_wildcard());
  EXPECT_EQ(www.first_label(), "*");
  EXPECT_EQ(www.parent(), name("www.example.com"));
  EXPECT_EQ(Name().parent(), Name());
  EXPECT_EQ(www.suffix(2), name("example.com"));
  EXPECT_EQ(www.suffix(0), Name());
  EXPECT_EQ(www.suffix(9), www);
  EXPECT_EQ(name("b").prepend("a"), name("a.b"));
  EXPECT_FALSE(Name().prepend(""));
  EXPECT_FALSE(Name().prepend(std::string(64, 'a')));
}

TEST(Name, KnowsItsAncestors) {
  Name www = name("www.example.com");
  for (const char* above : {"www.example.com", "EXAMPLE.com", "com", "."})
    EXPECT_TRUE(www.is_under(name(above)));
  // The bytes of "example.com" end the name, but not at a label.
  for (const char* other : {"ww.example.com", "a.www.example.com", "org", "w.example.com"})
    EXPECT_FALSE(www.is_under(name(other))) << other;
  EXPECT_FALSE(name("myexample.com").is_under(name("example.com")));
}

TEST(Name, IgnoresTheCaseOfAsciiOnly) {
  EXPECT_EQ(name("WwW.eXample.COM"), name("www.example.com"));
  EXPECT_EQ(name("WwW.eXample.COM").hash(), name("www.example.com").hash());
  EXPECT_EQ(name("WwW.eXample.COM").lower().wire(), name("www.example.com").wire());
  EXPECT_NE(name("[a"), name("{a"));
  EXPECT_NE(name("@a"), name("`a"));
  EXPECT_NE(name("\\196"), name("\\228"));
}

TEST(Name, LowersEveryByteAsTolowerDoesInTheCLocale) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string label(9, static_cast<char>(byte));
    std::string expected(9, static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
    EXPECT_EQ(Name().prepend(label)->lower().first_label(), expected) << byte;
  }
}

TEST(Name, OrdersAsRfc4034Section6Point1Lists) {
  std::vector<Name> order;
  for (const char* text : {"example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE",
                           "z.example", "\\001.z.example", "*.z.example", "\\200.z.example"})
    order.push_back(name(text));
  std::vector<Name> shuffled(order.rbegin(), order.rend());
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, order);
  EXPECT_TRUE(Name() < name("example"));
  EXPECT_EQ(name("A.b") <=> name("a.B"), std::strong_ordering::equal);
}

TEST(Name, ReadsCompressedNames) {
  std::string message = "\3com\0\7example\xc0\0\3www\xc0\5\1x"s;
  std::size_t position = 15;
  auto read = Name::read(as_bytes(message), position);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to_string(), "www.example.com.");
  EXPECT_EQ(position, 21u);
}

TEST(Name, RefusesPointersThatDoNotGoBackwards) {
  auto read = [](std::string_view message, std::size_t position) {
    return Name::read(as_bytes(message), position).has_value();
  };
  EXPECT_FALSE(read("\xc0\0"sv, 0));            // to itself
  EXPECT_FALSE(read("\1a\xc0\0"sv, 0));         // to its own beginning: a loop
  EXPECT_FALSE(read("\xc0\2\0"sv, 0));          // forwards
  EXPECT_FALSE(read("\1a\xc0\4\xc0\0"sv, 4));   // by way of a pointer that goes forwards
  EXPECT_TRUE(read("\1a\0\xc0\0\xc0\3"sv, 5));  // a chain that goes backwards
}

TEST(Name, FollowsNoLongChainOfPointers) {
  std::string message(1, '\0');
  for (std::size_t i = 0; i <= kPointersMax; ++i) {
    std::size_t position = message.size(), target = i == 0 ? 0 : position - 2;
    append_u16(message, static_cast<std::uint16_t>(0xc000 | target));
    EXPECT_EQ(Name::read(as_bytes(message), position).has_value(), i < kPointersMax) << i;
  }
}

TEST(Name, RefusesNamesCutShortAndUnknownLabelTypes) {
  for (std::string_view bytes :
       {""sv, "\3ab"sv, "\3abc"sv, "\1a\xc0"sv, "\x40"sv, "\x80\0"sv, "\3abc\77"sv}) {
    std::size_t position = 0;
    EXPECT_FALSE(Name::read(as_bytes(bytes), position));
    EXPECT_EQ(position, 0u);
    EXPECT_FALSE(Name::from_wire(bytes));
  }
  EXPECT_FALSE(Name::from_wire("\1a\0\0"sv));
}

TEST(Name, ReadsNoNameBeyond255Bytes) {
  std::string label = "\77" + std::string(63, 'a');
  std::string message = label + label + label + "\75" + std::string(61, 'b') + '\0';
  std::size_t position = 0;
  ASSERT_TRUE(Name::read(as_bytes(message), position));
  EXPECT_TRUE(Name::from_wire(message));
  message = "\1x" + message;
  position = 0;
  EXPECT_FALSE(Name::read(as_bytes(message), position));
  EXPECT_FALSE(Name::from_wire(message));
}

TEST(Name, AnyNameRoundTripsInAllItsForms) {
  SeededRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    Name made = random_name(random);
    for (Escapes escapes : {Escapes::Decimal, Escapes::Octal}) {
      auto again = Name::parse(made.to_string(escapes), name("origin"), escapes);
      ASSERT_TRUE(again) << made.to_string(escapes);
      ASSERT_EQ(again->wire(), made.wire());
    }
    ASSERT_EQ(Name::from_wire(made.wire())->wire(), made.wire());
    Name other = random_name(random);
    ASSERT_EQ(made == other, made <=> other == 0);
    ASSERT_EQ(made<other, other> made);
  }
}

}  // namespace
}  // namespace meridian::dns

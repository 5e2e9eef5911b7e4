// Values, headers and errors as services and codecs handle them.
#include "aws/shape.h"

#include <gtest/gtest.h>

#include "aws/http.h"
#include "gen/toy/api.h"
#include "gen/toy/errors.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy;

toy::Everything sample() {
  toy::Everything value;
  value.Text = "t";
  value.Labels = {{{"k", "v"}}};
  value.Inners = {{toy::Inner{.Id = "a", .Weight = 1, .Unit = {}}}};
  value.Tree = toy::Tree{
      .Name = "root", .Left = toy::Tree{.Name = "left", .Left = {}, .Children = {}}, .Children = {}};
  return value;
}

TEST(Value, CopiesAreDeepAndEqual) {
  Value first = Value::of(sample());
  Value second = first;
  EXPECT_EQ(first, second);
  EXPECT_EQ(second.as<toy::Everything>(), sample());
  second.as<toy::Everything>().Tree->Left->Name = "other";
  EXPECT_NE(first, second);
  EXPECT_EQ(first.as<toy::Everything>(), sample());
}

TEST(Value, ComparesEachKindOfMember) {
  auto differs = [](auto change) {
    toy::Everything changed = sample();
    change(changed);
    return !(Value::of(sample()) == Value::of(changed));
  };
  EXPECT_FALSE(differs([](toy::Everything&) {}));
  EXPECT_TRUE(differs([](toy::Everything& value) { value.Text.reset(); }));
  EXPECT_TRUE(differs([](toy::Everything& value) { value.Flag = false; }));
  EXPECT_TRUE(differs([](toy::Everything& value) { (*value.Labels)["k"] = "w"; }));
  EXPECT_TRUE(differs([](toy::Everything& value) { (*value.Labels)["l"] = "v"; }));
  EXPECT_TRUE(differs([](toy::Everything& value) { (*value.Inners)[0].Weight = 2; }));
  EXPECT_TRUE(differs([](toy::Everything& value) { value.Names.emplace(); }));
  EXPECT_FALSE(Value() == Value::of(sample()));
  EXPECT_EQ(Value(), Value());
}

TEST(Headers, AreFoundWithoutCaseAndKeepTheirOrder) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-b", "2");
  headers.add("x-a", "3");
  EXPECT_EQ(headers.get("x-A"), "1");
  EXPECT_EQ(headers.find("x-c"), nullptr);
  EXPECT_EQ(headers.get("x-c"), "");
  headers.set("X-a", "4");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.begin()->first, "x-b");
  EXPECT_EQ(headers.get("X-A"), "4");
}

TEST(Errors, CarryWhatTheModelSays) {
  ServiceError plain = toy::errors::Plain("why").error();
  EXPECT_EQ(plain.code, "PlainCode");
  EXPECT_EQ(plain.status, 409);
  EXPECT_TRUE(plain.details.empty());
  ServiceError rich = toy::errors::Rich({.Message = "why", .Reasons = {{"r"}}, .RetryAfter = {}}).error();
  EXPECT_EQ(rich.code, "Rich");
  EXPECT_EQ(rich.message, "why");
  EXPECT_EQ(rich.status, 400);
  EXPECT_EQ(rich.details.as<toy::Rich>().Reasons, std::vector<std::string>{"r"});
  EXPECT_EQ(toy::errors::Broken("why").error().fault, Fault::Receiver);
}

}  // namespace
}  // namespace meridian::aws

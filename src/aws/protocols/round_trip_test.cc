// Every protocol carries the same values there and back: what a client encodes the server decodes to the same
// struct, and the other way round.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "gen/toy/api.h"
#include "gen/toy/errors.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy;

SystemTime at(int second, int millis = 0) {
  return SystemTime(std::chrono::seconds(1'790'000'000 + second) + std::chrono::milliseconds(millis));
}

toy::Everything everything() {
  toy::Everything value;
  value.Flag = false;
  value.Count = -7;
  value.Big = std::numeric_limits<std::int64_t>::min();
  value.Ratio = 0.1;
  value.Small = 1.5e-9F;
  value.Text = "a<b>&\"c\" ü\t%+=;, 𝄞\r\n end ";
  value.Marker = "m";
  value.Data = std::string("\0\xff bytes", 8);
  value.When = at(0, 250);
  value.WhenUnix = at(1);
  value.WhenHttp = at(2);
  value.WhenIso = at(3, 7);
  value.Color = toy::Color::dark_green;
  value.Inner = toy::Inner{.Id = "in", .Weight = 5, .Unit = "k\"g"};
  value.Names = {{"", "b", "b"}};
  value.Numbers = {{3, -2, 1, 4, 5, 6, 7, 8, 9, 10, 11}};
  value.Inners = {
      {toy::Inner{.Id = "x", .Weight = {}, .Unit = {}}, toy::Inner{.Id = "y", .Weight = 1, .Unit = {}}}};
  value.FlatNames = {{"one"}};
  value.FlatNamed = {{"two", "three"}};
  value.Nested = {{{"a", "b"}, {"c"}}};
  value.Labels = {{{"k", "v"}, {"other key", ""}}};
  value.FlatLabels = {{{"flat", "map"}, {"x", "y"}}};
  value.InnerByName = {{{"n", toy::Inner{.Id = "m", .Weight = 9, .Unit = {}}}}};
  value.NamesByName = {{{"list", {"p", "q"}}}};
  value.Choice.emplace().Word = "chosen";
  toy::Tree leaf{.Name = "leaf", .Left = {}, .Children = {}};
  value.Tree = toy::Tree{.Name = "root", .Left = leaf, .Children = {{leaf, leaf}}};
  value.default_ = "keyword";
  value.Everything = "own name";
  return value;
}

class RoundTrip : public testing::TestWithParam<Protocol> {
 protected:
  static const Operation& operation(std::string_view name) { return *toy::service_model().find(name); }
  bool is_rest() const { return GetParam() == Protocol::RestXml || GetParam() == Protocol::RestJson; }

  // Over the wire as a client sends and a server reads it.
  template <typename T>
  T request(std::string_view name, const T& input) {
    HttpRequest request = codec_->encode_request(operation(name), Value::of(input));
    auto found = codec_->find_operation(request);
    EXPECT_TRUE(found) << found.error().message;
    if (!found) return {};
    EXPECT_EQ((*found)->name, name);
    auto back = codec_->decode_request(**found, request);
    EXPECT_TRUE(back) << back.error().message << "\n"
                      << request.path << "?" << request.query << "\n"
                      << request.body;
    return back ? back->template as<T>() : T{};
  }
  template <typename T>
  T response(std::string_view name, const T& output) {
    HttpResponse response = codec_->encode_response(operation(name), Value::of(output), "r-1");
    EXPECT_EQ(response.headers.get("x-amzn-requestid"), "r-1");
    auto back = codec_->decode_response(operation(name), response);
    EXPECT_TRUE(back) << back.error().message << "\n" << response.body;
    return back ? back->template as<T>() : T{};
  }
  ServiceError error(const Failure& failure) {
    HttpResponse response = codec_->encode_error(failure.error(), "r-1");
    EXPECT_EQ(response.status, failure.error().status);
    auto back = codec_->decode_response(operation("Echo"), response);
    EXPECT_FALSE(back);
    return back ? ServiceError{} : back.error();
  }

  std::unique_ptr<Codec> codec_ = make_codec(GetParam(), toy::service_model());
};

class RestRoundTrip : public RoundTrip {};

TEST_P(RoundTrip, Requests) {
  EXPECT_EQ(request("Echo", everything()), everything());
}

TEST_P(RoundTrip, Responses) {
  EXPECT_EQ(response("Echo", everything()), everything());
}

TEST_P(RoundTrip, NothingAtAll) {
  EXPECT_EQ(request("Echo", toy::Everything{}), toy::Everything{});
  EXPECT_EQ(response("Echo", toy::Everything{}), toy::Everything{});
  EXPECT_EQ(request("Nothing", toy::NothingRequest{}), toy::NothingRequest{});
  EXPECT_EQ(response("Nothing", toy::NothingResponse{}), toy::NothingResponse{});
}

TEST_P(RoundTrip, EmptyCollectionsAreNotAbsent) {
  toy::Everything value;
  value.Names.emplace();
  value.Labels.emplace();
  EXPECT_EQ(response("Echo", value), value);
  EXPECT_EQ(request("Echo", value), value);
}

TEST_P(RoundTrip, RequiredMembersAreAlwaysAnswered) {
  EXPECT_EQ(response("ListThings", toy::ListThingsResponse{}), toy::ListThingsResponse{});
}

TEST_P(RoundTrip, SpecialNumbers) {
  toy::Everything value;
  value.Ratio = std::numeric_limits<double>::infinity();
  value.Small = -std::numeric_limits<float>::infinity();
  value.Big = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(request("Echo", value), value);
}

TEST_P(RoundTrip, Errors) {
  ServiceError plain = error(toy::errors::Plain("it is there"));
  EXPECT_EQ(plain.code, "PlainCode");
  EXPECT_EQ(plain.message, "it is there");
  EXPECT_EQ(plain.status, 409);
  EXPECT_EQ(plain.fault, Fault::Sender);
  ServiceError broken = error(toy::errors::Broken("down"));
  EXPECT_EQ(broken.status, 503);
  EXPECT_EQ(broken.fault, Fault::Receiver);
  toy::Rich details{.Message = "two reasons", .Reasons = {{"a", "b"}}, .RetryAfter = {}};
  if (is_rest()) details.RetryAfter = 30;
  ServiceError rich = error(toy::errors::Rich(details));
  EXPECT_EQ(rich.code, "Rich");
  EXPECT_EQ(rich.message, "two reasons");
  EXPECT_EQ(rich.status, 400);
  ASSERT_FALSE(rich.details.empty());
  EXPECT_EQ(rich.details.as<toy::Rich>(), details);
}

TEST_P(RoundTrip, UnmodelledErrorsKeepTheirCode) {
  ServiceError back = error(refuse("Throttling", "Rate <exceeded>", 400));
  EXPECT_EQ(back.code, "Throttling");
  EXPECT_EQ(back.message, "Rate <exceeded>");
  EXPECT_TRUE(back.details.empty());
}

TEST_P(RoundTrip, AnAnswerFromSomebodyElseIsAnError) {
  auto back = codec_->decode_response(operation("Echo"), {502, {}, "<html>Bad Gateway"});
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().status, 502);
  EXPECT_EQ(back.error().fault, Fault::Receiver);
}

TEST_P(RestRoundTrip, Bindings) {
  toy::BindRequest input;
  input.Name = "a/b c?";
  input.Rest = "deep/down/ä+";
  input.Token = "t";
  input.Count = -1;
  input.Since = at(9);
  input.Tags = {{"plain", "with, comma", "with \"quote\""}};
  input.Dates = {{at(1), at(2)}};
  input.Meta = {{{"one", "1"}, {"two", "2"}}};
  input.Page = 3;
  input.Ids = {{"x&y", "z"}};
  input.At = at(4);
  input.Others = {{{"free", {"p", "q"}}}};
  input.Body = toy::Inner{.Id = "in", .Weight = 2, .Unit = "u"};
  EXPECT_EQ(request("Bind", input), input);
  toy::BindResponse output{.Status = 206, .ETag = "\"e\"", .Meta = {{{"k", "v"}}}, .Body = input.Body};
  EXPECT_EQ(response("Bind", output), output);
}

TEST_P(RestRoundTrip, BlobPayloads) {
  toy::FileRequest input{.Kind = "image/x", .Content = std::string("\0<raw>", 6)};
  EXPECT_EQ(request("File", input), input);
  toy::FileResponse output{.Content = "raw"};
  EXPECT_EQ(response("File", output), output);
}

TEST_P(RoundTrip, ConstraintsReadAlikeEverywhere) {
  toy::CheckRequest input;
  input.ThingName = "UPPERS";
  input.Size = 101;
  input.Color = "pink";
  input.Colors = {{"red", "pink"}};
  input.Secret = "short";
  input.Names = {{"ok", "No"}};
  input.Inner.Id = "fine";
  input.Inners = {{toy::Inner{.Id = "", .Weight = {}, .Unit = {}}}};
  input.Limits = {{{"ok", 0}}};
  HttpRequest request = codec_->encode_request(operation("Check"), Value::of(input));
  auto back = codec_->decode_request(operation("Check"), request);
  ASSERT_FALSE(back);
  bool xml = GetParam() == Protocol::RestXml || GetParam() == Protocol::Query || GetParam() == Protocol::Ec2;
  EXPECT_EQ(back.error().code, xml ? "ValidationError" : "ValidationException");
  EXPECT_EQ(back.error().status, 400);
  const std::string name =
      "[Member must have length less than or equal to 5, Member must have length greater than or "
      "equal to 1, Member must satisfy regular expression pattern: [a-z]+]";
  const std::string set = "Member must satisfy enum value set: [red, dark-green, NULL, delete, 9lives]";
  const std::string failed = "failed to satisfy constraint: ";
  EXPECT_EQ(back.error().message,
            "10 validation errors detected: Value 'UPPERS' at 'thingName' " + failed +
                "Member must have length less than or equal to 5; Value 'UPPERS' at 'thingName' " + failed +
                "Member must satisfy regular expression pattern: [a-z]+; Value '101' at 'size' " + failed +
                "Member must have value less than or equal to 100; Value 'pink' at 'color' " + failed + set +
                "; Value '[red, pink]' at 'colors' " + failed + "Member must satisfy constraint: [" + set +
                "]; Value at 'secret' " + failed +
                "Member must have length greater than or equal to 8; Value "
                "'[ok, No]' at 'names' " +
                failed + "Member must satisfy constraint: " + name + "; Value '' at 'inners.1.member.id' " +
                failed +
                "Member must have length greater than or equal to 1; "
                "Value '' at 'inners.1.member.id' " +
                failed +
                "Member must satisfy regular expression pattern: "
                "[a-z]+; Value '{ok=0}' at 'limits' " +
                failed +
                "Map value must satisfy constraint: [Member must have "
                "value less than or equal to 100, Member must have value greater than or equal to 1]");
}

TEST_P(RoundTrip, RequiredMembersMustCome) {
  // Echo's body carries none of Check's members.
  HttpRequest request = codec_->encode_request(operation("Echo"), Value::of(toy::Everything{}));
  if (is_rest()) request.path = "/check";
  if (GetParam() == Protocol::RestXml) request.body = "<CheckRequest/>";
  auto back = codec_->decode_request(operation("Check"), request);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message,
            "3 validation errors detected: Value null at 'thingName' failed to satisfy constraint: Member "
            "must not be "
            "null; Value null at 'size' failed to satisfy constraint: Member must not be null; Value null at "
            "'inner' "
            "failed to satisfy constraint: Member must not be null");
}

TEST_P(RoundTrip, LengthsCountCharactersAndUnionsHoldOne) {
  toy::CheckRequest input{.ThingName = "ok", .Size = 1, .Inner = {.Id = "a"}};
  input.VPCName = "ää𝄞";  // four UTF-16 units in seven bytes
  EXPECT_EQ(request("Check", input), input);
  input.VPCName = "ää𝄞ä";
  input.Choice.emplace().Word = "w";
  input.Choice->Number = 1;
  auto back = codec_->decode_request(operation("Check"),
                                     codec_->encode_request(operation("Check"), Value::of(input)));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message,
            "2 validation errors detected: Value '{Number=1, Word=w}' at 'choice' failed to satisfy "
            "constraint: Member "
            "must have exactly one of its fields set; Value 'ää𝄞ä' at 'vPCName' failed to satisfy "
            "constraint: Member "
            "must have length less than or equal to 4");
}

std::string name_of(const testing::TestParamInfo<Protocol>& info) {
  std::string name(to_string(info.param));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Protocols, RoundTrip,
                         testing::Values(Protocol::RestXml, Protocol::Query, Protocol::Ec2,
                                         Protocol::RestJson, Protocol::Json, Protocol::RpcCbor),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Protocols, RestRoundTrip, testing::Values(Protocol::RestXml, Protocol::RestJson),
                         name_of);

TEST(Routes, LongestTemplatesAndConstantsWin) {
  auto codec = make_codec(Protocol::RestXml, toy::service_model());
  auto name = [&](const char* method, const char* path, const char* query) {
    auto operation = codec->find_operation({method, path, query, {}, ""});
    return operation ? (*operation)->name : operation.error().code;
  };
  EXPECT_EQ(name("GET", "/things", ""), "ListThings");
  EXPECT_EQ(name("GET", "/things", "view=full&x=1"), "ListThingsFully");
  EXPECT_EQ(name("GET", "/things", "view=fuller"), "ListThings");
  EXPECT_EQ(name("PUT", "/things/a/b/c/d", "bind"), "Bind");
  EXPECT_EQ(name("PUT", "/things/a/b", "x=&bind="), "Bind");
  EXPECT_EQ(name("PUT", "/things/a/b", ""), "UnknownOperationException");
  EXPECT_EQ(name("PUT", "/things/a", "bind"), "UnknownOperationException");
  EXPECT_EQ(name("GET", "/thing", ""), "UnknownOperationException");
}

TEST(Model, CarriesWhatClientsNeed) {
  const ServiceModel& model = toy::service_model();
  EXPECT_STREQ(model.target_prefix, "Toy_20260102");
  EXPECT_EQ(model.protocols.front(), Protocol::RestJson);
  EXPECT_STREQ(model.find("Nothing")->host_prefix, "data-");
  const Pagination* pages = model.find("Echo")->pagination;
  ASSERT_TRUE(pages);
  EXPECT_STREQ(pages->input_tokens[0], "Marker");
  EXPECT_STREQ(pages->limit_key, "Count");
  EXPECT_EQ(model.find("Ech"), nullptr);
  EXPECT_EQ(model.find_error("PlainCode")->error->status, 409);
}

}  // namespace
}  // namespace meridian::aws

// Our servers against botocore's own serializers and parsers, over the throwaway models. Skipped where Python
// has no botocore.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws/protocol.h"
#include "aws/protocols/toy_values.h"
#include "base/bytes.h"
#include "formats/json/json.h"
#include "gen/toy_rest_json/api.h"
#include "gen/toy_rest_json/errors.h"

namespace meridian::aws {
namespace {

namespace rpc = gen::toy_rpc;
namespace rest = gen::toy_rest_json;

constexpr const char* kFolder = MERIDIAN_PROTOCOLS;

class Botocore : public testing::Test {
 protected:
  void SetUp() override {
    static const bool available = run("available", "").second == 0;
    if (!available) GTEST_SKIP() << "python3 has no botocore; install awscli or python3-botocore";
  }

  // The peer's standard output and its exit status.
  static std::pair<std::string, int> run(const std::string& arguments, const std::string& input) {
    const auto file = std::filesystem::path(testing::TempDir()) / ("botocore_" + std::to_string(::getpid()));
    std::ofstream(file) << input;
    const std::string command = "PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 python3 " + std::string(kFolder) +
                                "/botocore_peer.py " + arguments + " < " + file.string();
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string output;
    char buffer[4096];
    for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      output.append(buffer, size);
    const int status = ::pclose(pipe);
    std::filesystem::remove(file);
    return {output, status};
  }

  static std::string peer(const ServiceModel& model, Protocol protocol, const char* operation,
                          const char* what, const std::string& input) {
    std::string arguments = std::string(kFolder) + "/testdata/" + model.name + ".json ";
    arguments.append(to_string(protocol)).append(" ").append(operation).append(" ").append(what);
    auto [output, status] = run(arguments, input);
    EXPECT_EQ(status, 0) << arguments;
    if (output.ends_with('\n')) output.pop_back();
    return output;
  }

  // What our server makes of botocore's request.
  static Outcome<Value> read_request(const ServiceModel& model, Protocol protocol, const char* operation,
                                     const std::string& parameters) {
    const auto sent = json::parse(peer(model, protocol, operation, "request", parameters));
    if (!sent) return refuse("NoRequest", sent.error().message);
    const auto text = [&](const char* name) { return *sent->find(name)->get<std::string>(); };
    HttpRequest request{text("method"), text("path"), text("query"), {}, *from_base64(text("body"))};
    for (const auto& [name, value] : *sent->find("headers")->get<json::Object>())
      request.headers.add(name, *value.get<std::string>());
    const auto codec = make_codec(protocol, model);
    auto found = codec->find_operation(request);
    if (!found) return Failure(found.error());
    EXPECT_STREQ((*found)->name, operation);
    return codec->decode_request(**found, request);
  }

  // What botocore makes of our server's answer.
  static std::string read_answer(const ServiceModel& model, Protocol protocol, const char* operation,
                                 const HttpResponse& response) {
    json::Object headers;
    for (const auto& [name, value] : response.headers) headers.emplace_back(name, value);
    const json::Object answer = {{"status", std::int64_t{response.status}},
                                 {"headers", headers},
                                 {"body", to_base64(as_bytes(response.body))}};
    return peer(model, protocol, operation, "response", json::to_text(answer));
  }
};

TEST_F(Botocore, OurRpcServersReadItsRequests) {
  for (Protocol protocol : {Protocol::Json, Protocol::RpcCbor}) {
    auto input = read_request(
        rpc::service_model(), protocol, "Echo",
        R"({"Id":"i","Bool":true,"Int":-7,"Long":9007199254740993,"Float":0.5,"Double":0.1,"Text":"é\n","Bytes":"hi",)"
        R"("Time":1500,"IsoTime":1500,"HttpTime":1500,"Texts":["a",""],"Leaves":[{"Name":"n","Size":3}],)"
        R"("Ints":{"a b":1},"TextsByName":{"k":["v"]},"Either":{"Number":1},"Tree":{"Child":{"Label":"c"}},)"
        R"("Renamed":"r"})");
    ASSERT_TRUE(input) << to_string(protocol) << ": " << input.error().message;
    rpc::Everything expected;
    expected.Id = "i";
    expected.Bool = true;
    expected.Int = -7;
    expected.Long = 9007199254740993;
    expected.Float = 0.5F;
    expected.Double = 0.1;
    expected.Text = "é\n";
    expected.Bytes = "hi";
    expected.Time = expected.IsoTime = expected.HttpTime = at_millis(1'500'000);
    expected.Texts = std::vector<std::string>{"a", ""};
    expected.Leaves = std::vector<rpc::Leaf>{{.Name = "n", .Size = 3}};
    expected.Ints = std::map<std::string, std::int32_t>{{"a b", 1}};
    expected.TextsByName = std::map<std::string, std::vector<std::string>>{{"k", {"v"}}};
    expected.Either.emplace().Number = 1;
    rpc::Tree child;
    child.Label = "c";
    expected.Tree.emplace().Child = child;
    expected.Renamed = "r";
    EXPECT_EQ(input->as<rpc::Everything>(), expected) << to_string(protocol);
    EXPECT_TRUE(read_request(rpc::service_model(), protocol, "Ping", "{}")) << to_string(protocol);
  }
}

TEST_F(Botocore, ItReadsTheAnswersOfOurRpcServers) {
  const std::string expected =
      R"({"Bool":false,"Bytes":"AP8Q","Colour":"green","Double":-0.3333333333333333,"Either":{"Leaf":{"Name":"u"}},)"
      R"("Float":0.1,"HttpTime":1795235880.0,"Id":"id","Int":-2147483648,"Ints":{"":0,"x y":-1},)"
      R"("IsoTime":1795235880.12,"Leaves":[{"Name":"a","Size":1},{"Name":"b"}],)"
      R"("LeavesByName":{"l":{"Name":"z","Size":-5}},"Long":9223372036854775807,"Renamed":"new",)"
      R"("Text":"é\"\\\n😀","Texts":["","b"],"TextsByName":{"k":["1","2"],"none":[]},"Time":1795235880.123,)"
      R"("Times":[0.0,-1.5],"Tree":{"Child":{"Label":"child"},"Children":[{"Label":"child"},{}]}})";
  for (Protocol protocol : {Protocol::Json, Protocol::RpcCbor}) {
    rpc::Everything value = everything();
    // Python prints the single as the double it is.
    if (protocol == Protocol::RpcCbor) value.Float = 0.5F;
    std::string want = expected;
    if (protocol == Protocol::RpcCbor) want.replace(want.find("\"Float\":0.1"), 11, "\"Float\":0.5");
    const auto codec = make_codec(protocol, rpc::service_model());
    const HttpResponse response =
        codec->encode_response(*rpc::service_model().find("Echo"), Value::of(value), "r");
    EXPECT_EQ(read_answer(rpc::service_model(), protocol, "Echo", response), want) << to_string(protocol);
  }
}

TEST_F(Botocore, ItReadsTheErrorsOfOurServers) {
  for (Protocol protocol : {Protocol::Json, Protocol::RpcCbor}) {
    const auto codec = make_codec(protocol, rpc::service_model());
    EXPECT_EQ(read_answer(rpc::service_model(), protocol, "Echo",
                          codec->encode_error(rpc::errors::NotFound("gone").error(), "r")),
              R"({"Error":{"Code":"NotFound","Message":"gone"}})")
        << to_string(protocol);
    EXPECT_EQ(read_answer(rpc::service_model(), protocol, "Echo",
                          codec->encode_error(rpc::errors::Conflict(conflict()).error(), "r")),
              R"({"Error":{"Code":"Conflict","Message":"two of them"},"Leaves":[{"Name":"a","Size":3}],)"
              R"("Message":"two of them","Retry":7})")
        << to_string(protocol);
  }
  const auto codec = make_codec(Protocol::RestJson, rest::service_model());
  EXPECT_EQ(read_answer(rest::service_model(), Protocol::RestJson, "PutThing",
                        codec->encode_error(
                            rest::errors::Conflict({.Message = "m", .Leaves = {}, .Retry = 7}).error(), "r")),
            R"({"Error":{"Code":"Conflict","Message":"m"},"Message":"m","Retry":7})");
}

TEST_F(Botocore, OurRestServerReadsItsRequests) {
  auto input = read_request(
      rest::service_model(), Protocol::RestJson, "PutThing",
      R"({"Name":"a b/ü","Path":"x/y z","Limit":3,"Exact":true,"Since":1500,"Tags":["a&b","c+d"],)"
      R"("Extra":{"more":["1","2"]},"Token":"t","When":1795235880,"Numbers":[1,-2],"Names":["a","b,c","d\"e"],)"
      R"("Ratio":0.5,"Meta":{"one":"1"},"Title":"title","Created":1500,"Updated":1500,"Bytes":"hi"})");
  ASSERT_TRUE(input) << input.error().message;
  rest::PutThingRequest expected;
  expected.Name = "a b/ü";
  expected.Path = "x/y z";
  expected.Limit = 3;
  expected.Exact = true;
  expected.Since = expected.Created = expected.Updated = at_millis(1'500'000);
  expected.Tags = std::vector<std::string>{"a&b", "c+d"};
  expected.Extra = std::map<std::string, std::vector<std::string>>{{"more", {"1", "2"}}};
  expected.Token = "t";
  expected.When = at_millis(1795235880000);
  expected.Numbers = std::vector<std::int32_t>{1, -2};
  expected.Names = std::vector<std::string>{"a", "b,c", "d\"e"};
  expected.Ratio = 0.5;
  expected.Meta = std::map<std::string, std::string>{{"one", "1"}};
  expected.Title = "title";
  expected.Bytes = "hi";
  EXPECT_EQ(input->as<rest::PutThingRequest>(), expected);

  input = read_request(rest::service_model(), Protocol::RestJson, "PutBlob",
                       R"({"Data":"raw","Type":"image/png"})");
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->as<rest::PutBlobRequest>(), (rest::PutBlobRequest{.Data = "raw", .Type = "image/png"}));
  input = read_request(rest::service_model(), Protocol::RestJson, "PutTree", R"({"Tree":{"Label":"l"}})");
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->as<rest::TreePayload>().Tree->Label, "l");
}

TEST_F(Botocore, ItReadsTheAnswersOfOurRestServer) {
  const ServiceModel& model = rest::service_model();
  const auto codec = make_codec(Protocol::RestJson, model);
  rest::Thing thing;
  thing.Code = 202;
  thing.ETag = "e";
  thing.Modified = at_millis(1795235880000);
  thing.Meta = std::map<std::string, std::string>{{"k", "v"}};
  thing.Title = "t";
  thing.Created = at_millis(1500);
  EXPECT_EQ(read_answer(model, Protocol::RestJson, "GetThing",
                        codec->encode_response(*model.find("GetThing"), Value::of(thing), "r")),
            R"({"Code":202,"Created":1.5,"ETag":"e","Meta":{"k":"v"},"Modified":1795235880.0,"Title":"t"})");
  const Value line = Value::of(rest::PutBlobResponse{.Line = "line", .Token = "t"});
  EXPECT_EQ(read_answer(model, Protocol::RestJson, "PutBlob",
                        codec->encode_response(*model.find("PutBlob"), line, "r")),
            R"({"Line":"line","Token":"t"})");
}

}  // namespace
}  // namespace meridian::aws

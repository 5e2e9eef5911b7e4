#include "aws/router.h"

#include <gtest/gtest.h>

#include "gen/iam/api.h"
#include "gen/route53/api.h"
#include "gen/sts/api.h"

namespace meridian::aws {
namespace {

// A service with a model of its own and no operations, for what the three real models do not show.
class Bare final : public Service {
 public:
  explicit Bare(const ServiceModel& model) : model_(model) {}
  const ServiceModel& model() const override { return model_; }
  Outcome<Value> invoke(Call&, const Operation& operation, const Value&) override {
    return not_implemented(model_, operation.name);
  }

 private:
  const ServiceModel& model_;
};

constexpr Protocol kJsonAndCbor[] = {Protocol::Json, Protocol::RpcCbor};
constexpr ServiceModel make_model(const char* name, const char* endpoint_prefix, const char* signing_name,
                                  const char* target_prefix) {
  ServiceModel model{};
  model.name = name;
  model.endpoint_prefix = endpoint_prefix;
  model.signing_name = signing_name;
  model.target_prefix = target_prefix;
  model.json_version = "1.1";
  model.api_version = "2017-03-14";
  model.protocols = kJsonAndCbor;
  return model;
}
constexpr ServiceModel kCloudMap =
    make_model("servicediscovery", "servicediscovery", "servicediscovery", "Route53AutoNaming_v20170314");
constexpr ServiceModel kAccelerator =
    make_model("globalaccelerator", "globalaccelerator", "globalaccelerator", "GlobalAccelerator_V20180706");

class Routing : public testing::Test {
 protected:
  // "service protocol" of a request.
  std::string route(const HttpRequest& request, const char* scope = nullptr) {
    sigv4::Claim claim;
    if (scope != nullptr) claim.service = scope;
    const Route found = router.find(request, scope != nullptr ? &claim : nullptr);
    const std::string service = found.service == nullptr ? "nobody" : found.service->model().name;
    return service + " " + std::string(to_string(found.codec->protocol()));
  }
  static HttpRequest request(std::string method, std::string path, std::string query = "",
                             std::vector<std::pair<std::string, std::string>> headers = {},
                             std::string body = "") {
    HttpRequest made{std::move(method), std::move(path), std::move(query), {}, std::move(body)};
    made.headers.add("Host", "localhost:4566");
    for (auto& [name, value] : headers) made.headers.set(name, std::move(value));
    return made;
  }

  gen::route53::Api route53;
  gen::sts::Api sts;
  gen::iam::Api iam;
  Bare cloud_map{kCloudMap}, accelerator{kAccelerator};
  Service* services[5] = {&route53, &sts, &iam, &cloud_map, &accelerator};
  Router router{services};
};

const std::pair<std::string, std::string> kForm = {"Content-Type",
                                                   "application/x-www-form-urlencoded; charset=utf-8"};

TEST_F(Routing, TheCredentialScopeDecidesFirst) {
  EXPECT_EQ(route(request("GET", "/2013-04-01/hostedzone"), "route53"), "route53 rest-xml");
  EXPECT_EQ(route(request("POST", "/", "", {kForm}, "Action=x"), "sts"), "sts query");
  EXPECT_EQ(route(request("POST", "/", "", {kForm, {"Host", "iam.amazonaws.com"}}), "sts"), "sts query");
}

TEST_F(Routing, ATargetOrACborPathNamesTheService) {
  EXPECT_EQ(route(request("POST", "/", "", {{"X-Amz-Target", "Route53AutoNaming_v20170314.ListServices"}})),
            "servicediscovery json");
  EXPECT_EQ(route(request("POST", "/service/GlobalAccelerator_V20180706/operation/ListAccelerators", "",
                          {{"smithy-protocol", "rpc-v2-cbor"}})),
            "globalaccelerator smithy-rpc-v2-cbor");
  EXPECT_EQ(route(request("POST", "/", "", {{"X-Amz-Target", "Nobody.Op"}})), "nobody json");
}

TEST_F(Routing, TheHostNamesTheService) {
  const auto host = [this](const char* name) {
    const std::string found = route(request("GET", "/x", "", {{"Host", name}}));
    return found.substr(0, found.find(' '));
  };
  EXPECT_EQ(host("route53.amazonaws.com"), "route53");
  EXPECT_EQ(host("Route53.Localhost:4566"), "route53");
  EXPECT_EQ(host("iam.us-east-1.localhost"), "iam");
  EXPECT_EQ(host("sts.eu-west-1.amazonaws.com"), "sts");
  EXPECT_EQ(host("data-servicediscovery.eu-west-1.amazonaws.com"), "servicediscovery");
  EXPECT_EQ(host("123456789012.iam.localhost"), "iam");
  EXPECT_EQ(host("route53resolver.localhost"), "nobody");
  EXPECT_EQ(host("myiam.localhost"), "nobody");
  EXPECT_EQ(host("localhost"), "nobody");
  EXPECT_EQ(host("iam"), "nobody");
}

TEST_F(Routing, UnsignedFormsAreKnownByActionAndVersion) {
  EXPECT_EQ(route(request("POST", "/", "", {kForm}, "Version=2011-06-15&Action=GetCallerIdentity")),
            "sts query");
  EXPECT_EQ(route(request("GET", "/", "Action=ListUsers&Version=2010-05-08")), "iam query");
  EXPECT_EQ(route(request("GET", "/", "Action=ListUsers&Version=2011-06-15")), "nobody query");
}

TEST_F(Routing, UnsignedRestCallsAreKnownByTheirPath) {
  EXPECT_EQ(route(request("GET", "/2013-04-01/hostedzone/Z1/rrset", "maxitems=1")), "route53 rest-xml");
  EXPECT_EQ(route(request("GET", "/2013-04-01/nothing")), "nobody rest-xml");
}

TEST_F(Routing, AServiceThatIsNotServedFallsThroughToTheOtherSigns) {
  EXPECT_EQ(route(request("GET", "/2013-04-01/hostedzone"), "cloudfront"), "route53 rest-xml");
  EXPECT_EQ(route(request("GET", "/2020-05-31/distribution"), "cloudfront"), "nobody rest-xml");
}

TEST(FormValue, FindsAndDecodesOneParameter) {
  EXPECT_EQ(form_value("a=1&Action=List%20Users+x&b", "Action"), "List Users x");
  EXPECT_EQ(form_value("b&a", "b"), "");
  EXPECT_EQ(form_value("", "b"), "");
}

}  // namespace
}  // namespace meridian::aws

#include "apps/control/acme/played_server.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::apps::acme {
namespace {

constexpr std::string_view kRoot = "https://acme.test/";

json::Value decoded(const json::Value& jws, const char* member) {
  const auto bytes = jws::from_base64url(text_of(jws, member));
  return bytes ? json::parse(*bytes).value_or(json::Value()) : json::Value();
}

std::string pem_of(const std::string& der) {
  const std::string text = to_base64(as_bytes(der));
  std::string pem = "-----BEGIN CERTIFICATE REQUEST-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
  return pem + "-----END CERTIFICATE REQUEST-----\n";
}

}  // namespace

http::Response PlayedServer::reply(int status, const json::Value& body, const std::string& location) {
  http::Response response;
  response.status = status;
  response.body = json::to_text(body);
  const std::string nonce = fmt::format("nonce-{}", ++next_nonce_);
  nonces_[nonce] = "unused";
  response.headers = {{"Replay-Nonce", nonce}};
  if (!location.empty()) response.headers.push_back({"Location", location});
  return response;
}

http::Response PlayedServer::problem(int status, const std::string& type, const std::string& why) {
  auto response =
      reply(status, json::Object{{"type", "urn:ietf:params:acme:error:" + type}, {"detail", why}});
  if (!retry_after.empty()) response.headers.push_back({"Retry-After", retry_after});
  return response;
}

Result<http::Response> PlayedServer::answer(const http::ClientRequest& request) {
  ++requests;
  if (away) return fail(ErrorCode::Unavailable, "connection refused");
  if (request.url.target == "/directory")
    return reply(200, json::Object{{"newNonce", std::string(kRoot) + "nonce"},
                                   {"newAccount", std::string(kRoot) + "account"},
                                   {"newOrder", std::string(kRoot) + "order"}});
  if (request.url.target == "/nonce") return reply(200, {});
  return signed_request(request);
}

http::Response PlayedServer::signed_request(const http::ClientRequest& request) {
  const json::Value jws = json::parse(request.body).value_or(json::Value());
  const json::Value header = decoded(jws, "protected"), payload = decoded(jws, "payload");
  const std::string url = std::string(kRoot) + request.url.target.substr(1);
  if (text_of(header, "alg") != "ES256" || text_of(header, "url") != url)
    return problem(400, "malformed", "the header is wrong");
  if (bad_nonces > 0 || nonces_.erase(text_of(header, "nonce")) == 0) {
    bad_nonces -= bad_nonces > 0;
    return problem(400, "badNonce", "not one of ours");
  }
  const std::string path = request.url.target;
  if (path == "/account") return new_account(header, payload);
  thumbprint_ = text_of(header, "kid").substr(std::min(text_of(header, "kid").size(), kRoot.size() + 5));
  if (!accounts.contains(thumbprint_)) return problem(400, "accountDoesNotExist", "who are you?");
  if (path == "/order") return new_order(payload);
  unsigned number = 0, which = 0;
  if (std::sscanf(path.c_str(), "/authorization/%u/%u", &number, &which) == 2)
    return authorization(number, which);
  if (std::sscanf(path.c_str(), "/challenge/%u/%u", &number, &which) == 2) return challenge(number, which);
  if (std::sscanf(path.c_str(), "/order/%u", &number) == 1) return order(number);
  if (std::sscanf(path.c_str(), "/finalize/%u", &number) == 1) return finalize(number, payload);
  if (std::sscanf(path.c_str(), "/certificate/%u", &number) == 1) {
    auto response = reply(200, {});
    response.body = open_.at(number).chain;
    return response;
  }
  return problem(404, "malformed", "no such thing");
}

http::Response PlayedServer::new_account(const json::Value& header, const json::Value& payload) {
  if (wants_binding && payload.find("externalAccountBinding") == nullptr)
    return problem(403, "externalAccountRequired", "whose customer are you?");
  const std::string thumbprint = jws::base64url(as_bytes(jws::sha256(json::to_text(*header.find("jwk")))));
  accounts.insert(thumbprint);
  return reply(201, json::Object{{"status", "valid"}}, std::string(kRoot) + "acct/" + thumbprint);
}

http::Response PlayedServer::new_order(const json::Value& payload) {
  if (!refusal.empty()) return problem(400, std::exchange(refusal, {}), detail);
  Open made;
  for (const json::Value& each : *payload.find("identifiers")->get<json::Array>()) {
    const std::string name = text_of(each, "value");
    const bool wildcard = name.starts_with("*.");
    made.names.push_back(name);
    made.authorizations.push_back({wildcard ? name.substr(2) : name, wildcard});
  }
  made.left = processing;
  open_[++orders] = std::move(made);
  auto response = order(orders);
  response.headers.push_back({"Location", fmt::format("{}order/{}", kRoot, orders)});
  return response;
}

http::Response PlayedServer::order(std::size_t number) {
  if (!open_.contains(number)) return problem(404, "malformed", "no such order");
  Open& open = open_.at(number);
  const auto all = [&](const char* status) {
    return std::ranges::all_of(open.authorizations,
                               [&](const Authorization& each) { return each.status == status; });
  };
  const auto any_invalid = std::ranges::any_of(
      open.authorizations, [](const Authorization& each) { return each.status == "invalid"; });
  if (open.status == "pending" && any_invalid) open.status = "invalid";
  if (open.status == "pending" && all("valid")) open.status = "ready";
  if (open.status == "processing" && open.left-- == 0) open.status = "valid";
  json::Array authorizations;
  for (std::size_t i = 0; i < open.authorizations.size(); ++i)
    authorizations.push_back(fmt::format("{}authorization/{}/{}", kRoot, number, i));
  json::Object body{{"status", open.status},
                    {"authorizations", std::move(authorizations)},
                    {"finalize", fmt::format("{}finalize/{}", kRoot, number)}};
  if (open.status == "valid")
    body.emplace_back("certificate", fmt::format("{}certificate/{}", kRoot, number));
  return reply(200, std::move(body));
}

std::string PlayedServer::token(std::size_t number, std::size_t which) const {
  return fmt::format("token-{}-{}", number, which);
}

http::Response PlayedServer::authorization(std::size_t number, std::size_t which) {
  const Authorization& asked = open_.at(number).authorizations.at(which);
  json::Object challenge{{"type", has_dns_challenge ? "dns-01" : "http-01"},
                         {"status", asked.status},
                         {"token", token(number, which)},
                         {"url", fmt::format("{}challenge/{}/{}", kRoot, number, which)}};
  if (asked.status == "invalid")
    challenge.emplace_back("error", json::Object{{"type", "urn:ietf:params:acme:error:unauthorized"},
                                                 {"detail", "no TXT record at " + asked.name}});
  return reply(200, json::Object{{"status", asked.status},
                                 {"identifier", json::Object{{"type", "dns"}, {"value", asked.name}}},
                                 {"challenges", json::Array{std::move(challenge)}}});
}

http::Response PlayedServer::challenge(std::size_t number, std::size_t which) {
  Authorization& asked = open_.at(number).authorizations.at(which);
  const std::string proof = token(number, which) + "." + thumbprint_;
  const bool good = is_served("_acme-challenge." + asked.name, jws::base64url(as_bytes(jws::sha256(proof))));
  asked.status = good ? "valid" : "invalid";
  return reply(200, json::Object{{"status", "processing"}});
}

http::Response PlayedServer::finalize(std::size_t number, const json::Value& payload) {
  Open& open = open_.at(number);
  if (open.status != "ready") return problem(403, "orderNotReady", "not ready");
  std::string request = pem_of(jws::from_base64url(text_of(payload, "csr")).value());
  if (for_another_key) request = net::make_certificate_request().value().request_pem;
  net::CertificateTerms terms;
  terms.common_name = open.names.front();
  terms.names = open.names;
  terms.for_server = true;
  terms.now = clock_.now();
  terms.lifetime = std::chrono::days(90);
  open.chain = net::sign_certificate_request(request, root_, terms).value() + root_.certificate_pem;
  open.status = "processing";
  return order(number);
}

}  // namespace meridian::apps::acme

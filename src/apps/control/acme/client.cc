#include "apps/control/acme/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace meridian::apps::acme {
namespace {

constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";

std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers)
    if (to_lower(header.name) == name) return header.value;
  return "";
}

// Seconds only: no server of note sends the date form, and not waiting is safe, for the pace is our own then.
Duration retry_after_of(const http::Response& response) {
  const std::string text = header_of(response, "retry-after");
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return Duration::zero();
  return std::min<Duration>(std::chrono::seconds(seconds), Client::kRetryAfterMax);
}

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= 1024 && std::ranges::all_of(text, [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-' || c == '_';
  });
}

std::unexpected<Failure> unreadable(std::string why) {
  return std::unexpected(Failure{"", std::move(why), {}});
}

json::Value parsed(const std::string& text) {
  json::Limits limits;
  limits.bytes = Client::kBodyBytesMax;
  limits.depth = 16;
  return json::parse(text, limits).value_or(json::Value());
}

}  // namespace

std::string text_of(const json::Value& object, std::string_view member) {
  const json::Value* found = object.find(member);
  const std::string* text = found ? found->get<std::string>() : nullptr;
  return text ? *text : "";
}

Failure failure_of(const json::Value& problem) {
  Failure failure;
  failure.type = text_of(problem, "type");
  if (failure.type.starts_with(kErrorPrefix)) failure.type.erase(0, kErrorPrefix.size());
  failure.why = text_of(problem, "detail");
  if (failure.why.empty()) failure.why = failure.type;
  return failure;
}

Outcome<http::Response> Client::ask(http::ClientRequest request, const std::string& url) {
  auto where = http::Url::parse(url);
  // RFC 8555 §6.1.
  if (!where || !where->tls) return unreadable("not an https:// URL: " + url);
  request.url = *std::move(where);
  request.headers.push_back({"User-Agent", "meridian"});
  auto response = fetch_(request);
  if (!response) return unreadable(response.error().message);
  if (std::string fresh = header_of(*response, "replay-nonce"); is_nonce(fresh)) nonce_ = std::move(fresh);
  if (response->status < 400) return *std::move(response);
  Failure failure = failure_of(parsed(response->body));
  failure.retry_after = retry_after_of(*response);
  if (failure.why.empty()) failure.why = fmt::format("{} answered {}", url, response->status);
  return std::unexpected(std::move(failure));
}

Outcome<std::string> Client::url_of(const char* resource) {
  if (resources_.is_null()) resources_ = parsed(TRY(ask({}, directory_)).body);
  std::string url = text_of(resources_, resource);
  if (!url.empty()) return url;
  resources_ = {};
  return unreadable(fmt::format("the ACME directory {} has no {}", directory_, resource));
}

Outcome<std::string> Client::nonce() {
  if (nonce_.empty()) {
    http::ClientRequest request;
    request.method = "HEAD";
    const std::string url = TRY(url_of("newNonce"));
    TRY(ask(std::move(request), url));
  }
  if (nonce_.empty()) return unreadable("the ACME server gives no nonce");
  return std::exchange(nonce_, {});
}

Outcome<Reply> Client::post(const jws::SigningKey& key, const json::Object::value_type& whose,
                            const std::string& url, std::string_view payload) {
  for (std::size_t tries = 1;; ++tries) {
    json::Object header{{"alg", "ES256"}, whose, {"nonce", TRY(nonce())}, {"url", url}};
    http::ClientRequest request;
    request.method = "POST";
    request.headers = {{"Content-Type", "application/jose+json"}};
    request.body = key.sign(json::to_text(header), payload);
    auto response = ask(std::move(request), url);
    // RFC 8555 §6.5: the refusal has brought a fresh one.
    if (!response && response.error().type == "badNonce" && tries < kNonceTries) continue;
    const http::Response good = TRY(std::move(response));
    return Reply{parsed(good.body), good.body, header_of(good, "location"), retry_after_of(good)};
  }
}

Outcome<Reply> Client::post(const Account& account, const std::string& url, std::string_view payload) {
  return post(account.key, {"kid", account.url}, url, payload);
}

Outcome<std::string> Client::open_account(const jws::SigningKey& key, const AccountTerms& terms) {
  const std::string url = TRY(url_of("newAccount"));
  const json::Value jwk = parsed(key.jwk());
  json::Object payload{{"termsOfServiceAgreed", true}};
  if (!terms.contacts.empty()) {
    json::Array contacts;
    for (const std::string& each : terms.contacts) contacts.push_back(each);
    payload.emplace_back("contact", std::move(contacts));
  }
  if (!terms.eab_key_id.empty()) {
    const json::Object header{{"alg", "HS256"}, {"kid", terms.eab_key_id}, {"url", url}};
    payload.emplace_back("externalAccountBinding",
                         parsed(jws::sign_with_secret(terms.eab_secret, json::to_text(header), key.jwk())));
  }
  const Reply reply = TRY(post(key, {"jwk", jwk}, url, json::to_text(payload)));
  if (reply.location.empty()) return unreadable("the ACME server has not said where the account is");
  return reply.location;
}

Outcome<Reply> Client::new_order(const Account& account, const std::vector<std::string>& names) {
  const std::string url = TRY(url_of("newOrder"));
  json::Array identifiers;
  for (const std::string& name : names) identifiers.push_back(json::Object{{"type", "dns"}, {"value", name}});
  Reply reply = TRY(post(account, url, json::to_text(json::Object{{"identifiers", std::move(identifiers)}})));
  if (reply.location.empty()) return unreadable("the ACME server has not said where the order is");
  return reply;
}

}  // namespace meridian::apps::acme

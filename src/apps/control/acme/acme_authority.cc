#include "apps/control/acme/acme_authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/x509/x509.h"
#include "net/certificate.h"

namespace meridian::apps::acme {
namespace {

namespace acm = services::acm;

constexpr std::string_view kChallengeLabel = "_acme-challenge.";  // RFC 8555 §8.4

// The DER form of what stands between the lines of a PEM text.
std::string der_of(std::string_view pem) {
  std::string text;
  for (std::size_t at = 0; at < pem.size();) {
    const std::size_t end = std::min(pem.find('\n', at), pem.size());
    const std::string_view line = pem.substr(at, end - at);
    if (!line.starts_with("-----")) text += line;
    at = end + 1;
  }
  return from_base64(text).value_or("");
}

std::vector<std::string> texts_of(const json::Value& object, std::string_view member) {
  std::vector<std::string> out;
  const json::Value* found = object.find(member);
  const json::Array* list = found ? found->get<json::Array>() : nullptr;
  for (const json::Value& each : list ? *list : json::Array())
    if (const auto* text = each.get<std::string>()) out.push_back(*text);
  return out;
}

const json::Value* dns_challenge(const json::Value& authorization) {
  const json::Value* found = authorization.find("challenges");
  const json::Array* list = found ? found->get<json::Array>() : nullptr;
  if (list == nullptr) return nullptr;
  const auto at =
      std::ranges::find_if(*list, [](const json::Value& each) { return text_of(each, "type") == "dns-01"; });
  return at == list->end() ? nullptr : &*at;
}

// The chain as PEM texts, when it is one for that key and those names.
Result<std::string> checked_chain(std::string_view pem, std::string_view key_pem,
                                  const std::vector<std::string>& names) {
  const auto chain = TRY(x509::Certificate::parse_all(pem));
  if (!TRY(x509::PrivateKey::parse(key_pem)).belongs_to(chain.front()))
    return invalid("the certificate is for another key");
  const auto covered = chain.front().facts().dns_names;
  for (const std::string& name : names)
    if (std::ranges::find(covered, name) == covered.end()) return invalid("the certificate lacks " + name);
  std::string out;
  for (const x509::Certificate& each : chain) out += each.pem();
  return out;
}

bool is_for_good(const Failure& failure) {
  return failure.type == "caa" || failure.type == "rejectedIdentifier" ||
         failure.type == "unsupportedIdentifier";
}

}  // namespace

Result<acm::Answer> AcmeAuthority::issue(const acm::Wanted& wanted) {
  using Kind = acm::Answer::Kind;
  const std::string key = order_key(wanted.place, wanted.id);
  const std::string secret = order_secret_key(wanted.place, wanted.id);
  const auto stored = TRY(parts_.store.get(key));
  std::optional<Order> order;
  if (stored) order = TRY(decode_order(stored->value));
  const bool is_old = order && ((order->stage == Stage::Refused && wanted.now >= order->rest_until) ||
                                (order->stage == Stage::Done && wanted.now >= order->issued_at + kFreshFor));
  if (order && !is_old && order->records.empty()) {
    if (order->stage == Stage::Refused) return acm::Answer{Kind::Refused, {}, order->reason, {key, secret}};
    if (order->stage == Stage::Done) {
      const auto sealed = TRY(parts_.store.get(secret));
      if (!sealed) return fail(ErrorCode::Corrupt, "the order of a certificate has lost its private key");
      acm::Answer answer{Kind::Issued, {}, {}, {key, secret}};
      answer.certificate.key_pem = TRY(parts_.secrets.open(secret, sealed->value));
      const auto chain = TRY(x509::Certificate::parse_all(order->chain_pem));
      answer.certificate.certificate_pem = chain.front().pem();
      for (std::size_t i = 1; i < chain.size(); ++i) answer.certificate.chain_pem += chain[i].pem();
      return answer;
    }
  }
  if (order && !is_old) return acm::Answer{};
  Order begun;
  begun.place = wanted.place;
  begun.certificate_id = wanted.id;
  begun.names.assign(wanted.names.begin(), wanted.names.end());
  begun.key_algorithm = wanted.key_algorithm;
  if (order) begun.records = std::move(order->records);
  TRY(parts_.store.commit({{{key, stored ? stored->modified : 0}}, {{key, encode(begun)}}, {}}));
  return acm::Answer{};
}

Result<SystemTime> AcmeAuthority::advance(SystemTime now) {
  SystemTime next = now + kIdle;
  std::optional<Error> trouble;
  const store::Range all = TRY(parts_.store.range(kOrdersPrefix));
  std::erase_if(polls_, [&](const auto& each) {
    return std::ranges::find(all.items, each.first, &store::KeyValue::key) == all.items.end();
  });
  for (const store::KeyValue& item : all.items) {
    Work work{item.key, item.modified, TRY(decode_order(item.value)), now};
    const auto due = bring_forward(work);
    // Conflict: somebody changed or deleted it meanwhile, which brings us here again.
    if (!due && due.error().code != ErrorCode::Conflict) trouble = due.error();
    next = std::min(next, due.value_or(now + kRestFirst));
  }
  if (trouble) return std::unexpected(*std::move(trouble));
  return next;
}

Result<SystemTime> AcmeAuthority::bring_forward(Work& work) {
  if (!TRY(is_wanted(work.order))) {
    TRY(abandon(work));
    return work.now + kIdle;
  }
  const auto poll = polls_.find(work.key);
  const SystemTime due =
      std::max(work.order.rest_until, poll == polls_.end() ? SystemTime() : poll->second.due);
  const bool is_over = work.order.stage == Stage::Done || work.order.stage == Stage::Refused;
  if (is_over && work.order.records.empty()) return work.now + kIdle;
  if (!is_over && work.now < due) return due;
  for (std::size_t i = 0; i < kStepsMax; ++i)
    if (const Next next = TRY(step(work))) return *next;
  return *poll_later(work);
}

Result<AcmeAuthority::Next> AcmeAuthority::step(Work& work) {
  switch (work.order.stage) {
    case Stage::Begun:
      return begin(work);
    case Stage::Ordered:
      return go_on(work);
    case Stage::Done:
    case Stage::Refused:
      break;
  }
  TRY(take_records_away(work));
  return work.now + kIdle;
}

Result<AcmeAuthority::Next> AcmeAuthority::begin(Work& work) {
  TRY(take_records_away(work));
  while (!orders_made_.empty() && orders_made_.front() + std::chrono::hours(1) <= work.now)
    orders_made_.pop_front();
  if (orders_made_.size() >= kOrdersPerHourMax) return orders_made_.front() + std::chrono::hours(1);
  const auto account = TRY(this->account());
  if (!account) return failed(work, account.error());
  orders_made_.push_back(work.now);
  auto made = client_.new_order(*account, work.order.names);
  if (!made) return failed(work, made.error());
  work.order.stage = Stage::Ordered;
  work.order.url = std::move(made->location);
  polls_.erase(work.key);
  TRY(keep(work));
  return Next();
}

Result<AcmeAuthority::Next> AcmeAuthority::go_on(Work& work) {
  const auto account = TRY(this->account());
  if (!account) return failed(work, account.error());
  const auto order = client_.post(*account, work.order.url, "");
  if (!order) {
    // An order that the server knows no more is made anew.
    if (!order.error().type.empty() && order.error().type != "rateLimited" &&
        order.error().type != "serverInternal")
      work.order.stage = Stage::Begun;
    return failed(work, order.error());
  }
  const std::string status = text_of(order->body, "status");
  if (status == "pending") return prove(work, *account, order->body);
  TRY(take_records_away(work));
  if (status == "invalid") {
    const auto why = why_invalid(*account, order->body);
    if (!why) return failed(work, why.error());
    work.order.stage = Stage::Begun;
    return failed(work, *why, kRestAfterFailedProof);
  }
  if (status == "ready") return finalize(work, *account, order->body);
  if (status == "valid") return fetch_certificate(work, *account, order->body);
  return poll_later(work, order->retry_after);  // processing
}

// Every record is asked for only when it is served, so that no negative answer is cached on the way.
Result<AcmeAuthority::Next> AcmeAuthority::prove(Work& work, const Account& account,
                                                 const json::Value& order) {
  std::vector<std::string> to_answer;
  const std::size_t before = work.order.records.size();
  for (const std::string& url : texts_of(order, "authorizations")) {
    const auto authorization = client_.post(account, url, "");
    if (!authorization) return failed(work, authorization.error());
    if (text_of(authorization->body, "status") != "pending") continue;
    const json::Value* challenge = dns_challenge(authorization->body);
    const json::Value* identifier = authorization->body.find("identifier");
    if (challenge == nullptr || identifier == nullptr)
      return refuse(work, "OTHER", "the ACME server offers no dns-01 challenge");
    if (text_of(*challenge, "status") != "pending") continue;
    const std::string proof = text_of(*challenge, "token") + "." + account.key.thumbprint();
    const TxtRecord record{std::string(kChallengeLabel) + text_of(*identifier, "value"),
                           jws::base64url(as_bytes(jws::sha256(proof)))};
    if (std::ranges::find(work.order.records, record) == work.order.records.end())
      work.order.records.push_back(record);
    to_answer.push_back(text_of(*challenge, "url"));
  }
  if (work.order.records.size() != before) TRY(keep(work));
  bool all_served = true;
  for (const TxtRecord& record : work.order.records) {
    const auto served = parts_.challenges.put(record);
    if (!served && served.error().code == ErrorCode::NotFound)
      return refuse(work, "OTHER", served.error().message);
    if (!served) return failed(work, {"", served.error().message, {}});
    all_served = all_served && *served;
  }
  if (all_served)
    for (const std::string& url : to_answer)
      if (const auto answered = client_.post(account, url, "{}"); !answered)
        return failed(work, answered.error());
  return poll_later(work);
}

Result<AcmeAuthority::Next> AcmeAuthority::finalize(Work& work, const Account& account,
                                                    const json::Value& order) {
  const std::string key = TRY(certificate_key_pem(work));
  const std::string request = der_of(TRY(net::make_certificate_request(key, work.order.names)));
  const std::string payload = json::to_text(json::Object{{"csr", jws::base64url(as_bytes(request))}});
  const auto done = client_.post(account, text_of(order, "finalize"), payload);
  if (!done) return failed(work, done.error());
  polls_.erase(work.key);
  const bool is_valid = text_of(done->body, "status") == "valid";
  return is_valid ? Next() : poll_later(work, done->retry_after);
}

Result<AcmeAuthority::Next> AcmeAuthority::fetch_certificate(Work& work, const Account& account,
                                                             const json::Value& order) {
  const auto got = client_.post(account, text_of(order, "certificate"), "");
  if (!got) return failed(work, got.error());
  auto chain = checked_chain(got->text, TRY(certificate_key_pem(work)), work.order.names);
  if (!chain) {
    work.order.stage = Stage::Begun;
    return failed(work, {"", "what the ACME server has issued is of no use: " + chain.error().message, {}});
  }
  work.order.stage = Stage::Done;
  work.order.chain_pem = *std::move(chain);
  work.order.issued_at = work.now;
  work.order.failures = 0;
  work.order.trouble.clear();
  TRY(keep(work));
  return Next();
}

Outcome<Failure> AcmeAuthority::why_invalid(const Account& account, const json::Value& order) {
  if (const json::Value* error = order.find("error")) return failure_of(*error);
  for (const std::string& url : texts_of(order, "authorizations")) {
    const Reply authorization = TRY(client_.post(account, url, ""));
    const json::Value* challenge = dns_challenge(authorization.body);
    if (const json::Value* error = challenge ? challenge->find("error") : nullptr) return failure_of(*error);
  }
  return Failure{"", "the order has become invalid", {}};
}

AcmeAuthority::Next AcmeAuthority::poll_later(const Work& work, Duration retry_after) {
  Poll& poll = polls_[work.key];
  const Duration pace = std::min(kPollMax, kPollFirst * (1 << std::min(poll.count++, 10U)));
  poll.due = work.now + (retry_after > Duration::zero() ? retry_after : pace);
  return poll.due;
}

Result<AcmeAuthority::Next> AcmeAuthority::failed(Work& work, const Failure& failure, Duration rest_min) {
  if (failure.type == "caa") return refuse(work, "CAA_ERROR", failure.why);
  if (is_for_good(failure)) return refuse(work, "DOMAIN_NOT_ALLOWED", failure.why);
  if (failure.type == "accountDoesNotExist") TRY(forget_account());
  const Duration pace = std::min(kRestMax, kRestFirst * (1 << std::min(work.order.failures, 12U)));
  work.order.rest_until = work.now + std::max({pace, failure.retry_after, rest_min});
  ++work.order.failures;
  if (work.order.trouble != failure.why)
    parts_.logger.warn("acm", "the ACME server has not issued a certificate yet",
                       {{"certificate", acm::certificate_arn(work.order.place, work.order.certificate_id)},
                        {"why", failure.why},
                        {"next", format_iso8601(work.order.rest_until)}});
  work.order.trouble = failure.why;
  TRY(keep(work));
  return work.order.rest_until;
}

Result<AcmeAuthority::Next> AcmeAuthority::refuse(Work& work, std::string reason, std::string why) {
  parts_.logger.warn(
      "acm", "a certificate cannot be issued by the ACME server",
      {{"certificate", acm::certificate_arn(work.order.place, work.order.certificate_id)}, {"why", why}});
  work.order.stage = Stage::Refused;
  work.order.reason = std::move(reason);
  work.order.trouble = std::move(why);
  work.order.rest_until = work.now + kRestAfterRefusal;
  TRY(keep(work));
  return Next();
}

Result<void> AcmeAuthority::take_records_away(Work& work) {
  if (work.order.records.empty()) return {};
  for (const TxtRecord& record : work.order.records) TRY(parts_.challenges.remove(record));
  work.order.records.clear();
  return keep(work);
}

Result<bool> AcmeAuthority::is_wanted(const Order& order) {
  const auto row = TRY(parts_.store.get(acm::certificate_key(order.place, order.certificate_id)));
  if (!row) return false;
  const auto status = TRY(acm::decode_certificate(row->value)).status;
  return status == acm::CertificateStatus::PendingValidation || status == acm::CertificateStatus::Issued;
}

Result<void> AcmeAuthority::abandon(Work& work) {
  for (const TxtRecord& record : work.order.records) TRY(parts_.challenges.remove(record));
  polls_.erase(work.key);
  const std::string secret = order_secret_key(work.order.place, work.order.certificate_id);
  TRY(parts_.store.commit({{{work.key, work.modified}}, {}, {work.key, secret}}));
  return {};
}

Result<void> AcmeAuthority::keep(Work& work, std::vector<store::Put> beside) {
  store::Transaction transaction;
  transaction.preconditions = {{work.key, work.modified}};
  transaction.puts = std::move(beside);
  transaction.puts.push_back({work.key, encode(work.order)});
  work.modified = TRY(parts_.store.commit(std::move(transaction)));
  return {};
}

// One a certificate, whatever becomes of its orders.
Result<std::string> AcmeAuthority::certificate_key_pem(Work& work) {
  const std::string secret = order_secret_key(work.order.place, work.order.certificate_id);
  if (const auto sealed = TRY(parts_.store.get(secret))) return parts_.secrets.open(secret, sealed->value);
  std::string pem = TRY(x509::PrivateKey::generate(work.order.key_algorithm)).pem();
  TRY(keep(work, {{secret, parts_.secrets.seal(secret, pem)}}));
  return pem;
}

// The key is kept before it is shown to the server, who answers the same key with the same account.
Result<Outcome<Account>> AcmeAuthority::account() {
  if (account_) return *account_;
  const std::string secret = account_secret_key(settings_.directory);
  const auto sealed = TRY(parts_.store.get(secret));
  auto key = sealed ? TRY(jws::SigningKey::parse(TRY(parts_.secrets.open(secret, sealed->value))))
                    : jws::SigningKey::generate();
  if (!sealed)
    TRY(parts_.store.commit({{{secret, 0}}, {{secret, parts_.secrets.seal(secret, key.pem())}}, {}}));
  const std::string place = account_key(settings_.directory);
  if (const auto known = TRY(parts_.store.get(place))) {
    account_ = Account{std::move(key), known->value};
    return *account_;
  }
  auto url = client_.open_account(key, settings_.terms);
  if (!url) return Outcome<Account>(std::unexpected(std::move(url).error()));
  TRY(parts_.store.commit({{}, {{place, *url}}, {}}));
  parts_.logger.info("acm", "an account of the ACME server is used", {{"account", *url}});
  account_ = Account{std::move(key), *std::move(url)};
  return *account_;
}

Result<void> AcmeAuthority::forget_account() {
  account_.reset();
  TRY(parts_.store.commit({{}, {}, {account_key(settings_.directory)}}));
  return {};
}

}  // namespace meridian::apps::acme

// An ACME server as its client sees it (RFC 8555): requests signed with the account's key, problems as
// values. Blocks; on one thread. Rule: what the server says is read as bytes of unknown origin.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "formats/json/json.h"
#include "formats/jws/jws.h"
#include "http/client.h"

namespace meridian::apps::acme {

// Why there is no answer, or what the answer refuses.
struct Failure {
  std::string
      type;  // "caa" of "urn:ietf:params:acme:error:caa"; "": the server cannot be reached or understood
  std::string why;
  Duration retry_after{};  // as the server asks; 0: it does not
};
template <typename T>
using Outcome = std::expected<T, Failure>;

struct Reply {
  json::Value body;      // null when it is no JSON
  std::string text;      // as it came
  std::string location;  // of what was made; "": nothing
  Duration retry_after{};
};

// What opens an account.
struct AccountTerms {
  std::vector<std::string> contacts;  // "mailto:…"
  // External account binding: the key's id and the secret itself; both empty: none.
  std::string eab_key_id, eab_secret;
};

struct Account {
  jws::SigningKey key;
  std::string url;
};

class Client {
 public:
  using Fetch = std::function<Result<http::Response>(const http::ClientRequest&)>;
  static constexpr std::size_t kBodyBytesMax = 1024 * 1024;
  static constexpr std::size_t kNonceTries = 3;
  static constexpr Duration kRetryAfterMax = std::chrono::days(7);

  Client(Fetch fetch, std::string directory) : fetch_(std::move(fetch)), directory_(std::move(directory)) {}

  // The URL of the account with that key, which is made when there is none.
  Outcome<std::string> open_account(const jws::SigningKey& key, const AccountTerms& terms);
  Outcome<Reply> new_order(const Account& account, const std::vector<std::string>& names);
  // RFC 8555 §6.3: an empty payload reads what is at the URL.
  Outcome<Reply> post(const Account& account, const std::string& url, std::string_view payload);

 private:
  Outcome<std::string> url_of(const char* resource);
  Outcome<std::string> nonce();
  // `whose`: the member of the header that says who signs.
  Outcome<Reply> post(const jws::SigningKey& key, const json::Object::value_type& whose,
                      const std::string& url, std::string_view payload);
  Outcome<http::Response> ask(http::ClientRequest request, const std::string& url);

  Fetch fetch_;
  const std::string directory_;
  json::Value resources_;
  std::string nonce_;
};

// A text member of an object; "" when there is none.
std::string text_of(const json::Value& object, std::string_view member);
// A problem document (RFC 7807) as a server writes it, also inside a challenge.
Failure failure_of(const json::Value& problem);

}  // namespace meridian::apps::acme

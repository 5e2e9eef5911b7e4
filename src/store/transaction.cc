#include "store/transaction.h"

#include <fmt/format.h>

#include <unordered_set>

namespace meridian::store {
namespace {

Result<void> check_key(std::string_view key) {
  if (key.empty()) return invalid("a key may not be empty");
  if (key.size() > kKeySizeMax)
    return fail(ErrorCode::Limit,
                fmt::format("key of {} bytes: at most {} are allowed", key.size(), kKeySizeMax),
                ErrorSource::Caller);
  return {};
}

// The first key after every key that starts with `prefix`; none when no such key exists (all bytes 0xff).
std::optional<std::string> end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace

Result<void> check_transaction(const Transaction& transaction) {
  std::size_t operations =
      transaction.puts.size() + transaction.deletes.size() + transaction.preconditions.size();
  if (operations > kTransactionOperationsMax)
    return fail(
        ErrorCode::Limit,
        fmt::format("transaction of {} operations: at most {}", operations, kTransactionOperationsMax),
        ErrorSource::Caller);

  std::size_t bytes = 0;
  std::unordered_set<std::string_view> changed;
  for (const Precondition& condition : transaction.preconditions) {
    TRY(check_key(condition.key));
    bytes += condition.key.size();
  }
  for (const Put& put : transaction.puts) {
    TRY(check_key(put.key));
    if (put.value.size() > kValueSizeMax)
      return fail(ErrorCode::Limit,
                  fmt::format("value of {} bytes: at most {} are allowed", put.value.size(), kValueSizeMax),
                  ErrorSource::Caller);
    if (!changed.insert(put.key).second) return invalid("key changed twice in one transaction: " + put.key);
    bytes += put.key.size() + put.value.size();
  }
  for (const std::string& key : transaction.deletes) {
    TRY(check_key(key));
    if (!changed.insert(key).second) return invalid("key changed twice in one transaction: " + key);
    bytes += key.size();
  }
  if (bytes > kTransactionBytesMax)
    return fail(ErrorCode::Limit,
                fmt::format("transaction of {} bytes: at most {}", bytes, kTransactionBytesMax),
                ErrorSource::Caller);
  return {};
}

Result<KeySpan> key_span(std::string_view prefix, const RangeOptions& options) {
  if (!options.start_after.empty() && !options.start_at.empty())
    return invalid("a range starts after a key or at a key, not both");
  std::string start = options.start_at;
  if (!options.start_after.empty()) (start = options.start_after).push_back('\0');
  return KeySpan{std::max(std::string(prefix), start), end_of_prefix(prefix)};
}

Result<void> check_revision(Revision asked, Revision compacted, Revision newest) {
  if (asked > newest)
    return invalid(fmt::format("revision {} is not written yet: the newest is {}", asked, newest));
  if (asked < compacted)
    return fail(ErrorCode::Compacted,
                fmt::format("revision {} is forgotten: {} is the oldest kept", asked, compacted),
                ErrorSource::Caller);
  return {};
}

}  // namespace meridian::store

#include "services/cloudfront/invalidation_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

#include "aws/sigv4_hash.h"
#include "base/bytes.h"

namespace meridian::services::cloudfront {
namespace {

constexpr int kDroppedAtOnce = 4;

// Words of a line, and numbers of words.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const auto word : std::views::split(line, ' ')) words.emplace_back(word.begin(), word.end());
  return words;
}

bool read_number(std::string_view word, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

bool read_open(std::string_view line, InvalidationIndex::Open& open) {
  const auto words = words_of(line);
  if (words.size() != 4) return false;
  open.id = words[0];
  return read_number(words[1], open.paths) && read_number(words[2], open.wildcards) &&
         read_number(words[3], open.created);
}

}  // namespace

std::string invalidations_prefix(std::string_view account, std::string_view distribution) {
  return fmt::format("{}{}/", account_prefix(kPrefix<api::InvalidationBatch>, account), distribution);
}

std::string invalidation_index_prefix(std::string_view account, std::string_view distribution) {
  return "cloudfront/index/of-" + invalidations_prefix(account, distribution);
}

bool is_wildcard(std::string_view item) {
  return item.ends_with('*');
}

InvalidationIndex::InvalidationIndex(store::Store& store, std::string_view account,
                                     std::string_view distribution)
    : store_(store),
      prefix_(invalidations_prefix(account, distribution)),
      index_prefix_(invalidation_index_prefix(account, distribution)) {}

std::string InvalidationIndex::order_key(std::uint64_t number) const {
  return fmt::format("{}order/{:020}", index_prefix_, number);
}

std::string InvalidationIndex::reference_key(std::string_view reference) const {
  return fmt::format("{}reference/{}", index_prefix_, to_hex(as_bytes(aws::sigv4::sha256(reference))));
}

aws::Outcome<InvalidationIndex> InvalidationIndex::read(store::Store& store, std::string_view account,
                                                        std::string_view distribution) {
  InvalidationIndex index(store, account, distribution);
  if (const auto head = TRY(aws::or_failure(store.get(index.head_key()))))
    TRY(index.read_head(*head));
  else
    TRY(index.make());
  return index;
}

aws::Outcome<void> InvalidationIndex::read_head(const store::KeyValue& head) {
  head_modified_ = head.modified;
  bool is_first = true, good = true;
  for (const auto part : std::views::split(head.value, '\n')) {
    const std::string_view line(part.begin(), part.end());
    if (std::exchange(is_first, false)) {
      const auto words = words_of(line);
      good = words.size() == 2 && read_number(words[0], first_) && read_number(words[1], next_);
    } else if (good) {
      good = read_open(line, open_.emplace_back());
    }
  }
  if (!good) return aws::internal_failure("the index of invalidations cannot be read");
  return {};
}

aws::Outcome<void> InvalidationIndex::make() {
  std::vector<aws::Stored<InvalidationResource>> all;
  for (const auto& item : TRY(aws::or_failure(store_.range(prefix_))).items)
    all.push_back(
        {TRY(aws::or_failure(decode<api::InvalidationBatch>(item.value))), item.created, item.modified});
  std::ranges::sort(all, {}, &aws::Stored<InvalidationResource>::created);
  for (const auto& each : all) {
    add(each.value);
    open_.back().created = each.created;
  }
  return {};
}

aws::Outcome<std::optional<std::string>> InvalidationIndex::find(std::string_view reference) const {
  const std::string key = reference_key(reference);
  if (const auto put = std::ranges::find(changes_.puts, key, &store::Put::key); put != changes_.puts.end())
    return put->value;
  const auto row = TRY(aws::or_failure(store_.get(key)));
  return row ? std::optional(row->value) : std::nullopt;
}

aws::Outcome<void> InvalidationIndex::learn_revisions() {
  for (Open& each : open_) {
    if (each.created != 0) continue;
    if (const auto row = TRY(aws::or_failure(store_.get(prefix_ + each.id)))) each.created = row->created;
  }
  std::erase_if(open_, [](const Open& each) { return each.created == 0; });
  return {};
}

void InvalidationIndex::add(const InvalidationResource& made) {
  const auto& items = *made.config.Paths.Items;
  open_.push_back(
      {made.id, items.size(), static_cast<std::size_t>(std::ranges::count_if(items, is_wildcard)), 0});
  changes_.puts.push_back({order_key(next_++), made.id});
  changes_.puts.push_back({reference_key(made.config.CallerReference), made.id});
}

aws::Outcome<void> InvalidationIndex::make_room() {
  // What is made of an older version's rows is written first.
  if (!changes_.puts.empty()) return {};
  for (int dropped = 0; next_ - first_ >= kInvalidationsKept && dropped < kDroppedAtOnce; ++dropped)
    if (!TRY(drop_oldest())) return {};
  return {};
}

aws::Outcome<bool> InvalidationIndex::drop_oldest() {
  const std::string order = order_key(first_);
  const auto id = TRY(aws::or_failure(store_.get(order)));
  if (id && std::ranges::find(open_, id->value, &Open::id) != open_.end()) return false;
  ++first_;
  changes_.deletes.push_back(order);
  if (!id) return true;
  const std::string key = prefix_ + id->value;
  const auto row = TRY(aws::or_failure(store_.get(key)));
  if (!row) return true;
  const auto oldest = TRY(aws::or_failure(decode<api::InvalidationBatch>(row->value)));
  changes_.deletes.push_back(key);
  changes_.deletes.push_back(reference_key(oldest.config.CallerReference));
  return true;
}

void InvalidationIndex::write(store::Transaction& transaction) {
  std::string head = fmt::format("{} {}", first_, next_);
  for (const Open& each : open_)
    fmt::format_to(std::back_inserter(head), "\n{} {} {} {}", each.id, each.paths, each.wildcards,
                   each.created);
  transaction.preconditions.push_back({head_key(), head_modified_});
  transaction.puts.push_back({head_key(), std::move(head)});
  std::ranges::move(changes_.puts, std::back_inserter(transaction.puts));
  std::ranges::move(changes_.deletes, std::back_inserter(transaction.deletes));
}

}  // namespace meridian::services::cloudfront

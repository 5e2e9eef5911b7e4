#include "services/s3/versions.h"

#include <fmt/format.h>

#include "services/s3/errors.h"

namespace meridian::services::s3 {
namespace {

constexpr int kLooksMax = 8;  // for a version that others move meanwhile
constexpr std::size_t kNumberSize = 16, kIdSize = 32;
constexpr std::string_view kIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

// The number in front makes a version's record found by its id.
std::string new_id(std::uint64_t sequence, Random& random) {
  return fmt::format("{:016x}", sequence) + random.text(kIdSize - kNumberSize, kIdAlphabet);
}

bool is_null(const ObjectResource& version) {
  return version.version_id.empty();
}
bool has_id(const ObjectResource& version, std::string_view id) {
  return shown_id(version) == id;
}

std::string head_place(const KeyName& name, const ObjectResource& version) {
  return version.delete_marker ? marker_key(name.bucket, name.key) : object_key(name.bucket, name.key);
}

store::Revision revision_of(const std::optional<StoredObject>& stored) {
  return stored ? stored->modified : 0;
}

void expect_head(store::Transaction& transaction, const KeyName& name, const Head& head) {
  transaction.preconditions.push_back({object_key(name.bucket, name.key), revision_of(head.object)});
  transaction.preconditions.push_back({marker_key(name.bucket, name.key), revision_of(head.marker)});
}

aws::Outcome<std::optional<PlacedVersion>> version_at(store::Store& store, const KeyName& name,
                                                      std::uint64_t sequence) {
  std::string place = version_key(name.bucket, name.key, sequence);
  auto found = TRY(aws::read(store, place, decode_object));
  if (!found) return std::nullopt;
  return PlacedVersion{std::move(place), *std::move(found)};
}

// Of those that are not the head.
aws::Outcome<std::optional<PlacedVersion>> null_version(store::Store& store, const KeyName& name) {
  const auto number = TRY(aws::read(store, null_version_key(name.bucket, name.key), decode_sequence));
  if (!number) return std::nullopt;
  return version_at(store, name, number->value);
}

void forget(VersionChange& change, const KeyName& name, const PlacedVersion& version) {
  change.transaction.preconditions.push_back({version.place, version.stored.modified});
  change.transaction.deletes.push_back(version.place);
  if (is_null(version.stored.value))
    change.transaction.deletes.push_back(null_version_key(name.bucket, name.key));
  if (!version.stored.value.delete_marker) change.dropped.push_back(version.stored.value);
}

}  // namespace

std::optional<std::uint64_t> sequence_of(std::string_view id) {
  if (id.size() != kIdSize || id.find_first_not_of(kIdAlphabet) != std::string_view::npos)
    return std::nullopt;
  const auto number = from_hex(id.substr(0, kNumberSize));
  if (!number) return std::nullopt;
  return ByteReader(*number).u64();
}

std::string shown_id(const ObjectResource& version) {
  return is_null(version) ? std::string(kNullVersion) : version.version_id;
}

aws::Outcome<Head> head_of(store::Store& store, const KeyName& name, Versioning versioning) {
  Head head;
  head.object = TRY(aws::read(store, object_key(name.bucket, name.key), decode_object));
  if (!head.object && versioning != Versioning::Never)
    head.marker = TRY(aws::read(store, marker_key(name.bucket, name.key), decode_object));
  return head;
}

// Versions move between the head's places and those of the others while they are looked for.
aws::Outcome<std::optional<PlacedVersion>> find_version(store::Store& store, const KeyName& name,
                                                        std::string_view id) {
  const auto sequence = sequence_of(id);
  if (id.empty()) return errors::invalid_argument("Version id cannot be the empty string", "versionId", id);
  if (id != kNullVersion && !sequence)
    return errors::invalid_argument("Invalid version id specified", "versionId", id);
  for (int look = 0; look < kLooksMax; ++look) {
    const Head head = TRY(head_of(store, name, Versioning::Enabled));
    const StoredObject* top = head.version();
    if (top != nullptr && has_id(top->value, id)) return PlacedVersion{head_place(name, top->value), *top};
    auto other = sequence ? TRY(version_at(store, name, *sequence)) : TRY(null_version(store, name));
    if (other && has_id(other->stored.value, id)) return other;
    const Head again = TRY(head_of(store, name, Versioning::Enabled));
    if (revision_of(again.object) == revision_of(head.object) &&
        revision_of(again.marker) == revision_of(head.marker))
      return std::nullopt;
  }
  return errors::conflict();
}

aws::Outcome<VersionChange> put_on_top(store::Store& store, const KeyName& name, Versioning versioning,
                                       const Head& head, ObjectResource& version, Random& random) {
  const StoredObject* top = head.version();
  VersionChange change;
  store::Transaction& transaction = change.transaction;
  if (versioning == Versioning::Never) {
    const std::string place = object_key(name.bucket, name.key);
    transaction.preconditions.push_back({place, revision_of(head.object)});
    transaction.puts.push_back({place, encode(version)});
    if (top != nullptr) change.dropped.push_back(top->value);
    return change;
  }
  expect_head(transaction, name, head);
  version.sequence = top == nullptr ? 1 : top->value.sequence + 1;
  version.version_id = versioning == Versioning::Enabled ? new_id(version.sequence, random) : "";
  const std::string place = head_place(name, version);
  transaction.puts.push_back({place, encode(version)});
  if (top != nullptr && head_place(name, top->value) != place)
    transaction.deletes.push_back(head_place(name, top->value));
  const bool replaces_null = versioning == Versioning::Suspended;
  if (top != nullptr && replaces_null && is_null(top->value)) {
    if (!top->value.delete_marker) change.dropped.push_back(top->value);
    return change;
  }
  if (top != nullptr) {
    const std::uint64_t number = top->value.sequence;
    transaction.puts.push_back({version_key(name.bucket, name.key, number), encode(top->value)});
    if (is_null(top->value))
      transaction.puts.push_back({null_version_key(name.bucket, name.key), encode_sequence(number)});
  }
  if (!replaces_null) return change;
  if (const auto replaced = TRY(null_version(store, name))) forget(change, name, *replaced);
  return change;
}

aws::Outcome<VersionChange> take_away(store::Store& store, const KeyName& name,
                                      const PlacedVersion& version) {
  const ObjectResource& gone = version.stored.value;
  VersionChange change;
  store::Transaction& transaction = change.transaction;
  if (version.place != head_place(name, gone)) {
    forget(change, name, version);
    return change;
  }
  Head head;
  (gone.delete_marker ? head.marker : head.object) = version.stored;
  expect_head(transaction, name, head);
  if (!gone.delete_marker) change.dropped.push_back(gone);
  store::RangeOptions newest;
  newest.limit = 1;
  const store::Range others =
      TRY(aws::or_failure(store.range(versions_prefix(name.bucket, name.key), newest)));
  if (others.items.empty()) {
    transaction.deletes.push_back(version.place);
    return change;
  }
  const store::KeyValue& next = others.items.front();
  const ObjectResource heir = TRY(aws::or_failure(decode_object(next.value)));
  const std::string place = head_place(name, heir);
  transaction.preconditions.push_back({next.key, next.modified});
  transaction.deletes.push_back(next.key);
  transaction.puts.push_back({place, next.value});
  if (place != version.place) transaction.deletes.push_back(version.place);
  if (is_null(heir)) transaction.deletes.push_back(null_version_key(name.bucket, name.key));
  return change;
}

}  // namespace meridian::services::s3

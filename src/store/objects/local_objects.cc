// Writing and reading blobs. What happens to them when nobody wants them any more is in collector.cc.
#include "store/objects/local_objects.h"

#include <algorithm>

#include "base/check.h"
#include "store/no_waiting.h"
#include "store/objects/seal.h"

namespace meridian::store::objects {
namespace {

constexpr int kOpenAttemptsMax = 3;  // a blob may move between its record and its place

std::unexpected<Error> no_blob(std::string_view id) {
  return fail(ErrorCode::NotFound, "no blob " + std::string(id), ErrorSource::Storage);
}

std::unexpected<Error> too_short() {
  return fail(ErrorCode::Corrupt, "a blob is shorter than its object", ErrorSource::Storage);
}

std::unexpected<Error> would_wait() {
  return fail(ErrorCode::Unavailable, "a blob is not in memory", ErrorSource::Storage, true);
}

std::string new_id(Random& random) {
  std::uint8_t bytes[16];
  random.fill(bytes);
  return to_hex(bytes);
}

}  // namespace

// Seals as bytes come; only when there are too many for a pack does a file begin.
class LocalObjects::StagedBlob final : public Staged {
 public:
  explicit StagedBlob(LocalObjects& engine)
      : engine_(engine),
        id_(new_id(engine.parts_.random)),
        key_(new_key(engine.parts_.random)),
        cipher_(key_) {}

  ~StagedBlob() override {
    if (kept_) return;
    if (file_) (void)engine_.parts_.disk.remove(engine_.file_path(id_));
    if (place_.packed) engine_.packs_.release(place_.pack, sealed_size(size_));
  }

  Result<void> append(Bytes bytes) override {
    size_ += bytes.size();
    while (!bytes.empty()) {
      // The last block is sealed as such, so a whole one waits until more is known to come.
      if (plain_.empty() && bytes.size() > kBlockBytes) {
        seal(bytes.first(kBlockBytes), false);
        bytes = bytes.subspan(kBlockBytes);
      } else if (plain_.size() == kBlockBytes) {
        seal(as_bytes(plain_), false);
        plain_.clear();
      } else {
        const std::size_t part = std::min(bytes.size(), kBlockBytes - plain_.size());
        plain_ += as_text(bytes.first(part));
        bytes = bytes.subspan(part);
      }
      if (sealed_.size() >= kWrittenAtOnce) TRY(write_sealed());
    }
    return {};
  }

  Result<void> finish() override {
    if (!plain_.empty()) seal(as_bytes(plain_), true);
    if (!file_ && size_ <= kPackedBytesMax) {
      if (size_ == 0) return {};
      const auto slot = TRY(engine_.packs_.append(as_bytes(sealed_)));
      place_ = {true, slot.pack, slot.offset};
      return {};
    }
    TRY(write_sealed());
    return file_->sync();
  }

  const std::string& id() const override { return id_; }
  std::uint64_t size() const override { return size_; }

  void keep(Transaction& transaction) const override {
    const BlobRecord record{place_, size_, wrap_key(engine_.master_key_, key_, id_, engine_.parts_.random)};
    transaction.puts.push_back({blob_key(id_), encode(record)});
    if (place_.packed)
      transaction.puts.push_back({pack_member_key(place_.pack, id_), encode_sealed_size(sealed_size(size_))});
  }
  void kept() override {
    kept_ = true;
    if (file_) engine_.count_file(size_);
  }

 private:
  static constexpr std::size_t kWrittenAtOnce = kPieceBytes / kBlockBytes * kSealedBlockBytes;

  void seal(Bytes block, bool last) { cipher_.seal(blocks_++, last, block, sealed_); }

  Result<void> write_sealed() {
    if (!file_) file_ = TRY(engine_.new_file(id_));
    TRY(file_->append(as_bytes(sealed_)));
    sealed_.clear();
    return {};
  }

  LocalObjects& engine_;
  const std::string id_, key_;
  BlockCipher cipher_;
  std::string plain_;   // of a block that is not whole, or not known to be the last
  std::string sealed_;  // and not yet written
  std::uint64_t size_ = 0, blocks_ = 0;
  std::unique_ptr<AppendFile> file_;
  Place place_;
  bool kept_ = false;
};

// Its bytes go to a socket a little later, and most of what that takes is waiting for them: it begins now.
void fetch_ahead(std::string_view bytes) {
  constexpr std::size_t kFetchedMax = 8 * 1024, kLine = 64;
  for (std::size_t at = 0; at < std::min(bytes.size(), kFetchedMax); at += kLine)
    __builtin_prefetch(bytes.data() + at, 0, 2);
}

// A whole blob that is in memory.
class ShortReader final : public BlobReader {
 public:
  ShortReader(BlobCache::Text text, std::uint64_t offset, std::uint64_t length)
      : text_(std::move(text)), rest_(std::string_view(*text_).substr(offset, length)) {}

  Result<Piece> next() override {
    const std::string_view bytes = std::exchange(rest_, {});
    fetch_ahead(bytes);
    return bytes.empty() ? Piece() : Piece(SharedBytes{text_, bytes, -1, 0});
  }

 private:
  const BlobCache::Text text_;
  std::string_view rest_;
};

// A blob with a file of its own, piece by piece; pieces begin at multiples of kPieceBytes.
class LocalObjects::Reader final : public BlobReader {
 public:
  Reader(LocalObjects& engine, std::string_view id, std::unique_ptr<ReadFile> file, const BlobRecord& record,
         std::string_view key, std::uint64_t offset, std::uint64_t length)
      : engine_(engine),
        id_(id),
        file_(std::move(file)),
        size_(record.size),
        cipher_(key),
        at_(offset),
        end_(offset + length) {}

  Result<Piece> next() override {
    if (at_ == end_) return Piece();
    const std::uint64_t number = at_ / kPieceBytes;
    if (auto known = engine_.cache_.find_piece(id_, number)) return pass(*std::move(known), number);
    if (NoWaiting::refuses()) return would_wait();
    const std::uint64_t begin = number * kPieceBytes, end = std::min(begin + kPieceBytes, size_);
    const std::size_t size = end - begin;
    if (auto slot = engine_.cache_.room_for(id_, number, size)) {
      TRY(read_blocks(begin, {reinterpret_cast<std::uint8_t*>(slot->bytes()), size}));
      return pass(engine_.cache_.keep_piece(id_, number, std::move(slot), size), number);
    }
    // Only the blocks that are wanted.
    const std::uint64_t first = at_ / kBlockBytes * kBlockBytes;
    const std::uint64_t last = std::min(end, (end_ + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
    auto text = std::make_shared<std::string>();
    const std::size_t text_size = last - first;
    text->resize_and_overwrite(text_size, [text_size](char*, std::size_t) { return text_size; });
    TRY(read_blocks(first, {reinterpret_cast<std::uint8_t*>(text->data()), text->size()}));
    const std::uint64_t skip = at_ - first, to = std::min(end_, last);
    const std::string_view wanted = std::string_view(*text).substr(skip, to - at_);
    at_ = to;
    return Piece(SharedBytes{std::move(text), wanted, -1, 0});
  }

 private:
  // Of a whole piece, the part that is wanted.
  Piece pass(SharedBytes piece, std::uint64_t number) {
    const std::uint64_t skip = at_ - number * kPieceBytes;
    const std::uint64_t to = std::min(end_, number * kPieceBytes + piece.bytes.size());
    piece.bytes = piece.bytes.substr(skip, to - at_);
    piece.offset += skip;
    at_ = to;
    return Piece(std::move(piece));
  }

  // Whole blocks, but for the last of the blob, from `begin` on.
  Result<void> read_blocks(std::uint64_t begin, MutableBytes room) {
    const std::uint64_t first = begin / kBlockBytes;
    const std::string sealed = TRY(file_->read_at(first * kSealedBlockBytes, sealed_size(room.size())));
    Bytes rest = as_bytes(sealed);
    for (std::uint64_t block = first; !room.empty(); ++block) {
      const std::size_t size = std::min(room.size(), kBlockBytes);
      TRY(cipher_.open_into(block, (block + 1) * kBlockBytes >= size_, rest.first(size + kTagBytes),
                            room.first(size)));
      rest = rest.subspan(size + kTagBytes);
      room = room.subspan(size);
    }
    return {};
  }

  LocalObjects& engine_;
  const std::string id_;
  std::unique_ptr<ReadFile> file_;
  const std::uint64_t size_;
  BlockCipher cipher_;
  std::uint64_t at_;
  const std::uint64_t end_;
};

class LocalObjects::Pin {
 public:
  Pin(LocalObjects& engine, std::vector<std::string> ids) : engine_(engine), ids_(std::move(ids)) {
    std::lock_guard lock(engine_.pins_mutex_);
    for (const std::string& id : ids_) ++engine_.pins_[id];
  }
  ~Pin() {
    std::lock_guard lock(engine_.pins_mutex_);
    for (const std::string& id : ids_)
      if (const auto found = engine_.pins_.find(id); --found->second == 0) engine_.pins_.erase(found);
  }

 private:
  LocalObjects& engine_;
  const std::vector<std::string> ids_;
};

LocalObjects::LocalObjects(const LocalObjectsParts& parts, std::string directory)
    : parts_(parts),
      directory_(std::move(directory)),
      packs_(parts.disk, directory_ + "/packs"),
      cache_(parts.cache) {}

Result<std::unique_ptr<LocalObjects>> LocalObjects::open(const LocalObjectsParts& parts,
                                                         std::string directory) {
  std::unique_ptr<LocalObjects> engine(new LocalObjects(parts, std::move(directory)));
  TRY(engine->prepare());
  return engine;
}

std::string LocalObjects::file_path(std::string_view id) const {
  return directory_ + "/files/" + std::string(id.substr(0, 2)) + "/" + std::string(id);
}

Result<std::unique_ptr<AppendFile>> LocalObjects::new_file(std::string_view id) {
  const std::string path = file_path(id);
  return parts_.write_once ? parts_.write_once(path) : parts_.disk.append_to(path);
}

Result<std::optional<BlobRecord>> LocalObjects::find(std::string_view id) {
  const auto found = TRY(parts_.store.get(blob_key(id)));
  if (!found) return std::nullopt;
  return TRY(decode_blob_record(found->value));
}

Result<std::unique_ptr<Staged>> LocalObjects::stage() {
  return std::make_unique<StagedBlob>(*this);
}

Result<std::unique_ptr<BlobReader>> LocalObjects::open(std::string_view id, std::uint64_t offset,
                                                       std::uint64_t length) {
  if (auto text = cache_.find_short(id)) {
    if (offset > text->size() || length > text->size() - offset) return too_short();
    return std::make_unique<ShortReader>(std::move(text), offset, length);
  }
  for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
    const auto record = TRY(find(id));
    if (!record) break;
    if (offset > record->size || length > record->size - offset) return too_short();
    if (length == 0) return std::make_unique<ShortReader>(std::make_shared<std::string>(), 0, 0);
    if (NoWaiting::refuses()) return would_wait();
    const std::string key = TRY(unwrap_key(master_key_, record->wrapped_key, id));
    auto file = parts_.disk.open(record->place.packed ? packs_.path(record->place.pack) : file_path(id));
    if (!file && file.error().code == ErrorCode::NotFound) continue;
    if (!file) return std::unexpected(std::move(file).error());
    if (!record->place.packed)
      return std::make_unique<Reader>(*this, id, *std::move(file), *record, key, offset, length);
    return std::make_unique<ShortReader>(TRY(read_packed(id, **file, *record, key)), offset, length);
  }
  return no_blob(id);
}

Result<BlobCache::Text> LocalObjects::read_packed(std::string_view id, ReadFile& pack,
                                                  const BlobRecord& record, std::string_view key) {
  const std::string sealed = TRY(pack.read_at(record.place.offset, sealed_size(record.size)));
  BlockCipher cipher(key);
  auto text = std::make_shared<std::string>();
  text->reserve(record.size);
  Bytes rest = as_bytes(sealed);
  for (std::uint64_t block = 0; !rest.empty(); ++block) {
    const Bytes now = rest.first(std::min(rest.size(), kSealedBlockBytes));
    rest = rest.subspan(now.size());
    TRY(cipher.open(block, rest.empty(), now, *text));
  }
  cache_.keep_short(id, text);
  return text;
}

void LocalObjects::discard(Transaction& transaction, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  // The first id makes the key unique: a blob becomes garbage once.
  transaction.puts.push_back({std::string(kGarbagePrefix) + ids.front(), encode_garbage(ids)});
}

std::shared_ptr<void> LocalObjects::pin(std::vector<std::string> ids) {
  return std::make_shared<Pin>(*this, std::move(ids));
}

bool LocalObjects::is_pinned(const std::vector<std::string>& ids) {
  std::lock_guard lock(pins_mutex_);
  return std::ranges::any_of(ids, [this](const std::string& id) { return pins_.contains(id); });
}

}  // namespace meridian::store::objects

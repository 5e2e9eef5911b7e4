// Writing and reading blobs. What happens to them when nobody wants them any more is in collector.cc.
#include "store/objects/local_objects.h"

#include <algorithm>

#include "base/check.h"
#include "store/objects/seal.h"

namespace meridian::store::objects {
namespace {

constexpr int kOpenAttemptsMax = 3;  // a blob may move between its record and its place

std::unexpected<Error> no_blob(std::string_view id) {
  return fail(ErrorCode::NotFound, "no blob " + std::string(id), ErrorSource::Storage);
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
      const std::size_t part = std::min(bytes.size(), kPieceBytes - plain_.size());
      plain_ += as_text(bytes.first(part));
      bytes = bytes.subspan(part);
      // The last block is sealed as such, so a full piece waits until more is known to come.
      if (plain_.size() == kPieceBytes && !bytes.empty()) TRY(write_piece(false));
    }
    return {};
  }

  Result<void> finish() override {
    if (!file_ && size_ <= kPackedBytesMax) {
      seal(true);
      if (size_ == 0) return {};
      const auto slot = TRY(engine_.packs_.append(as_bytes(sealed_)));
      place_ = {true, slot.pack, slot.offset};
      return {};
    }
    TRY(write_piece(true));
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
  void seal(bool last) {
    sealed_.clear();
    for (std::size_t at = 0; at < plain_.size(); at += kBlockBytes) {
      const std::size_t size = std::min(kBlockBytes, plain_.size() - at);
      cipher_.seal(blocks_++, last && at + size == plain_.size(), as_bytes(plain_).subspan(at, size),
                   sealed_);
    }
    plain_.clear();
  }

  Result<void> write_piece(bool last) {
    if (!file_) file_ = TRY(engine_.parts_.disk.append_to(engine_.file_path(id_)));
    seal(last);
    return file_->append(as_bytes(sealed_));
  }

  LocalObjects& engine_;
  const std::string id_, key_;
  BlockCipher cipher_;
  std::string plain_, sealed_;
  std::uint64_t size_ = 0, blocks_ = 0;
  std::unique_ptr<AppendFile> file_;
  Place place_;
  bool kept_ = false;
};

class LocalObjects::Reader final : public BlobReader {
 public:
  Reader(std::unique_ptr<ReadFile> file, const BlobRecord& record, std::string_view key, std::uint64_t offset,
         std::uint64_t length)
      : file_(std::move(file)),
        base_(record.place.offset),
        size_(record.size),
        cipher_(key),
        at_(offset),
        end_(offset + length) {}

  Result<std::string> next() override {
    std::string out;
    if (at_ == end_) return out;
    constexpr std::uint64_t kBlocks = kPieceBytes / kBlockBytes;
    const std::uint64_t first = at_ / kBlockBytes;
    const std::uint64_t blocks = std::min(kBlocks, (end_ - 1) / kBlockBytes - first + 1);
    const std::uint64_t begin = first * kBlockBytes;
    const std::uint64_t plain = std::min(blocks * kBlockBytes, size_ - begin);
    const std::string sealed = TRY(file_->read_at(base_ + first * kSealedBlockBytes, sealed_size(plain)));
    Bytes rest = as_bytes(sealed);
    for (std::uint64_t block = first; !rest.empty(); ++block) {
      const std::size_t size = std::min(rest.size(), kSealedBlockBytes);
      TRY(cipher_.open(block, (block + 1) * kBlockBytes >= size_, rest.first(size), out));
      rest = rest.subspan(size);
    }
    const std::uint64_t to = std::min(end_, begin + out.size());
    out.resize(to - begin);
    out.erase(0, at_ - begin);
    at_ = to;
    return out;
  }

 private:
  std::unique_ptr<ReadFile> file_;
  const std::uint64_t base_, size_;
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
    : parts_(parts), directory_(std::move(directory)), packs_(parts.disk, directory_ + "/packs") {}

Result<std::unique_ptr<LocalObjects>> LocalObjects::open(const LocalObjectsParts& parts,
                                                         std::string directory) {
  std::unique_ptr<LocalObjects> engine(new LocalObjects(parts, std::move(directory)));
  TRY(engine->prepare());
  return engine;
}

std::string LocalObjects::file_path(std::string_view id) const {
  return directory_ + "/files/" + std::string(id.substr(0, 2)) + "/" + std::string(id);
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
  for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
    const auto record = TRY(find(id));
    if (!record) break;
    if (offset > record->size || length > record->size - offset)
      return fail(ErrorCode::Corrupt, "a blob is shorter than its object", ErrorSource::Storage);
    const std::string key = TRY(unwrap_key(master_key_, record->wrapped_key, id));
    if (length == 0) return std::make_unique<Reader>(nullptr, *record, key, offset, length);
    auto file = parts_.disk.open(record->place.packed ? packs_.path(record->place.pack) : file_path(id));
    if (file) return std::make_unique<Reader>(*std::move(file), *record, key, offset, length);
    if (file.error().code != ErrorCode::NotFound) return std::unexpected(std::move(file).error());
  }
  return no_blob(id);
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

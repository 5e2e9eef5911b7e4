#include "compilers/cdn/origin_keys.h"

#include "store/fields.h"

namespace meridian::compilers::cdn {
namespace {

class Writer : public store::FieldWriter<Writer> {
 public:
  using FieldWriter::FieldWriter;
};

constexpr std::size_t kKeyBytesMin = 12;  // three lengths

// Two keys that change places do not open.
std::string seal_id(const snapshots::cdn::OriginKey& key) {
  return std::string(kOriginKeysKey) + "/" + key.date + "/" + key.service;
}

}  // namespace

std::string encode(const snapshots::cdn::OriginKeys& keys, const store::objects::Secrets& secrets) {
  Writer out(1);
  out.text(keys.access_key_id).count(keys.keys.size());
  for (const snapshots::cdn::OriginKey& key : keys.keys)
    out.text(key.date).text(key.service).text(secrets.seal(seal_id(key), key.key));
  return out.take();
}

Result<snapshots::cdn::OriginKeys> decode_origin_keys(std::string_view bytes,
                                                      const store::objects::Secrets& secrets) {
  store::FieldReader in(bytes, 1);
  snapshots::cdn::OriginKeys keys;
  keys.access_key_id = in.text();
  keys.keys.resize(in.count(kKeyBytesMin));
  for (snapshots::cdn::OriginKey& key : keys.keys) {
    key.date = in.text();
    key.service = in.text();
    key.key = in.text();
  }
  keys = TRY(in.finish(std::move(keys), "origin key"));
  for (snapshots::cdn::OriginKey& key : keys.keys) key.key = TRY(secrets.open(seal_id(key), key.key));
  return keys;
}

}  // namespace meridian::compilers::cdn

#include "apps/control/acme/orders.h"

#include <fmt/format.h>

#include "formats/jws/jws.h"
#include "store/fields.h"

namespace meridian::apps::acme {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

std::string key_of(std::string_view prefix, const services::acm::Place& place, std::string_view id) {
  return fmt::format("{}{}/{}/{}", prefix, place.account, place.region, id);
}

std::string short_name(std::string_view directory) {
  return to_hex(as_bytes(jws::sha256(directory)).first(16));
}

}  // namespace

std::string order_key(const services::acm::Place& place, std::string_view certificate_id) {
  return key_of(kOrdersPrefix, place, certificate_id);
}
std::string order_secret_key(const services::acm::Place& place, std::string_view certificate_id) {
  return key_of("sealed/acm-orders/", place, certificate_id);
}
std::string account_key(std::string_view directory) {
  return "acm/acme-accounts/" + short_name(directory);
}
std::string account_secret_key(std::string_view directory) {
  return "sealed/acm-acme-accounts/" + short_name(directory);
}

std::string encode(const Order& order) {
  Writer out;
  out.text(order.place.account).text(order.place.region).text(order.certificate_id);
  out.count(order.names.size());
  for (const std::string& name : order.names) out.text(name);
  out.text(order.key_algorithm).u8(static_cast<std::uint8_t>(order.stage)).text(order.url);
  out.count(order.records.size());
  for (const TxtRecord& record : order.records) out.text(record.name).text(record.value);
  out.text(order.chain_pem).text(order.reason).text(order.trouble);
  return out.u32(order.failures).time(order.rest_until).time(order.issued_at).take();
}

Result<Order> decode_order(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  Order order;
  order.place.account = in.text();
  order.place.region = in.text();
  order.certificate_id = in.text();
  for (std::size_t left = in.count(4); left > 0; --left) order.names.push_back(in.text());
  order.key_algorithm = in.text();
  const std::uint8_t stage = in.u8();
  if (stage > static_cast<std::uint8_t>(Stage::Refused)) in.spoil();
  order.stage = static_cast<Stage>(stage);
  order.url = in.text();
  for (std::size_t left = in.count(8); left > 0; --left) {
    TxtRecord& record = order.records.emplace_back();
    record.name = in.text();
    record.value = in.text();
  }
  order.chain_pem = in.text();
  order.reason = in.text();
  order.trouble = in.text();
  order.failures = in.u32();
  order.rest_until = in.time();
  order.issued_at = in.time();
  return in.finish(std::move(order), "order of a certificate");
}

}  // namespace meridian::apps::acme

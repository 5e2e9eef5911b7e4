#include "apps/transfer_settings.h"

#include <fmt/format.h>

#include "apps/input.h"
#include "formats/dns/tsig_keys.h"

namespace meridian::apps {
namespace {

Result<void> check_key(const dns::TsigKeys& keys, const std::optional<dns::Name>& name) {
  if (!name || keys.find(*name)) return {};
  return invalid(
      fmt::format("there is no TSIG key {}: --tsig-keys names the file that has it", name->to_string()));
}

}  // namespace

Result<dns::TsigKeys> read_tsig_keys(const std::string& path, Disk& disk) {
  TRY(check_is_private(path));
  auto keys = dns::parse_tsig_keys(TRY(disk.read(path)));
  if (!keys) return invalid(fmt::format("{}: {}", path, keys.error().message));
  return keys;
}

Result<std::optional<TransferSettings>> read_transfer_settings(const TransferWords& words, Disk& disk) {
  TransferSettings settings;
  auto& options = settings.transfer;
  if (!words.tsig_keys_file.empty()) options.keys = TRY(read_tsig_keys(words.tsig_keys_file, disk));
  for (const std::string& key : words.tsig_keys) TRY(options.keys.add(TRY(dns::parse_tsig_key(key))));
  for (const std::string& rule : words.transfer_to) {
    options.allowed.push_back(TRY(engines::dns::transfer::parse_access_rule(rule)));
    TRY(check_key(options.keys, options.allowed.back().key));
  }
  for (const std::string& target : words.notify) {
    settings.notify.push_back(TRY(engines::dns::transfer::parse_notify_target(target)));
    TRY(check_key(options.keys, settings.notify.back().key));
  }
  if (!words.catalog_zone.empty()) options.hidden_zone = TRY(dns::Name::parse(words.catalog_zone));
  options.streams_max = words.transfers_max;
  if (!options.allowed.empty()) return settings;
  if (!settings.notify.empty() || options.hidden_zone)
    return invalid("--notify and --catalog-zone are of no use without --transfer-to");
  return std::nullopt;
}

}  // namespace meridian::apps

// The credentials file, and the identities of development mode.
#include "aws/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"

namespace meridian::aws {
namespace {

constexpr std::string_view kDevelopmentAccount = "123456789012";
constexpr std::string_view kKeyIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kSecretAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

struct Profile {
  std::string name;
  std::size_t line = 0;
  AccessKey key;
};

Result<void> check(const Profile& profile) {
  const auto wrong = [&profile](std::string_view what) {
    return invalid(fmt::format("credentials: profile [{}] (line {}) {}", profile.name, profile.line, what));
  };
  const AccessKey& key = profile.key;
  if (key.access_key_id.size() < 16 || key.access_key_id.size() > 128)
    return wrong("needs an aws_access_key_id of 16 to 128 characters");
  if (key.secret_access_key.empty()) return wrong("needs an aws_secret_access_key");
  if (!is_account(key.account_id)) return wrong("needs an aws_account_id of 12 digits");
  return {};
}

Result<void> read_line(std::string_view line, std::size_t number, std::vector<Profile>& profiles) {
  if (line.empty() || line.front() == '#' || line.front() == ';') return {};
  if (line.front() == '[' && line.back() == ']') {
    if (profiles.size() >= CredentialsFile::kProfilesMax)
      return fail(ErrorCode::Limit,
                  fmt::format("credentials: more than {} profiles", CredentialsFile::kProfilesMax));
    profiles.push_back({std::string(trim(line.substr(1, line.size() - 2))), number, {}});
    return {};
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || profiles.empty())
    return invalid(fmt::format("credentials: line {} is neither [profile] nor name = value", number));
  const std::string_view name = trim(line.substr(0, equals)), value = trim(line.substr(equals + 1));
  AccessKey& key = profiles.back().key;
  if (name == "aws_access_key_id") key.access_key_id = value;
  if (name == "aws_secret_access_key") key.secret_access_key = value;
  if (name == "aws_account_id") key.account_id = value;
  return {};
}

std::string make_file(Random& random) {
  // An account's first digit is never 0: people type it into places that eat leading zeros.
  const std::string account = random.text(1, "123456789") + random.text(11, "0123456789");
  return fmt::format(
      "# The root key of this Meridian's first account, made at its first start. Keep it secret.\n"
      "# The AWS CLI takes it with AWS_SHARED_CREDENTIALS_FILE=<this file> and AWS_PROFILE={0}.\n"
      "[{0}]\naws_access_key_id = AKIA{1}\naws_secret_access_key = {2}\naws_account_id = {3}\n",
      CredentialsFile::kProfile, random.text(16, kKeyIdAlphabet), random.text(40, kSecretAlphabet), account);
}

}  // namespace

std::string root_arn(std::string_view account_id) {
  return fmt::format("arn:aws:iam::{}:root", account_id);
}

Result<CredentialsFile> CredentialsFile::parse(std::string_view text) {
  std::vector<Profile> profiles;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    TRY(read_line(trim(text.substr(0, end)), number, profiles));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (profiles.empty()) return invalid("credentials: no profile");
  CredentialsFile file;
  for (Profile& profile : profiles) {
    TRY(check(profile));
    if (file.find(profile.key.access_key_id))
      return invalid(fmt::format("credentials: {} stands twice", profile.key.access_key_id));
    if (profile.name == kProfile) file.first_ = file.keys_.size();
    profile.key.principal_arn = root_arn(profile.key.account_id);
    file.keys_.push_back(std::move(profile.key));
  }
  return file;
}

Result<CredentialsFile> CredentialsFile::open_or_create(Disk& disk, const std::string& path, Random& random) {
  auto text = disk.read(path);
  if (!text && text.error().code != ErrorCode::NotFound) return std::unexpected(text.error());
  if (!text) {
    text = make_file(random);
    TRY(disk.replace(path, as_bytes(*text)));
  }
  return parse(*text);
}

std::optional<AccessKey> CredentialsFile::find(std::string_view access_key_id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [access_key_id](const AccessKey& key) {
    return key.access_key_id == access_key_id;
  });
  if (found == keys_.end()) return std::nullopt;
  return *found;
}

AccessKey development_key(std::string_view access_key_id) {
  AccessKey key;
  key.access_key_id = access_key_id;
  key.account_id = is_account(access_key_id) ? access_key_id : kDevelopmentAccount;
  key.principal_arn = root_arn(key.account_id);
  return key;
}

}  // namespace meridian::aws

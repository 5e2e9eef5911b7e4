#include "aws/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace meridian::aws {
namespace {

class CredentialsOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/meridian_identity_XXXXXX";
    directory = mkdtemp(name);
    path = directory + "/credentials";
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  RealDisk disk;
  SeededRandom random{7};
  std::string directory, path;
};

TEST_F(CredentialsOnDisk, MadeAtTheFirstStartAndKept) {
  const auto made = CredentialsFile::open_or_create(disk, path, random);
  ASSERT_TRUE(made) << made.error().message;
  const AccessKey& key = made->first();
  EXPECT_EQ(key.access_key_id.size(), 20u);
  EXPECT_TRUE(key.access_key_id.starts_with("AKIA"));
  EXPECT_EQ(key.secret_access_key.size(), 40u);
  EXPECT_EQ(key.account_id.size(), 12u);
  EXPECT_EQ(key.principal_arn, "arn:aws:iam::" + key.account_id + ":root");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);

  const auto again = CredentialsFile::open_or_create(disk, path, random);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->first().access_key_id, key.access_key_id);
  EXPECT_EQ(again->find(key.access_key_id)->secret_access_key, key.secret_access_key);
  EXPECT_FALSE(again->find("AKIAXXXXXXXXXXXXXXXX"));
}

TEST_F(CredentialsOnDisk, TwoStartsFromNothingDiffer) {
  const auto one = CredentialsFile::open_or_create(disk, path, random);
  const auto other = CredentialsFile::open_or_create(disk, path + "2", random);
  EXPECT_NE(one->first().access_key_id, other->first().access_key_id);
  EXPECT_NE(one->first().secret_access_key, other->first().secret_access_key);
}

TEST(CredentialsFile, ReadsEveryProfileAndIgnoresOtherSettings) {
  const auto file = CredentialsFile::parse(
      "[other]\r\naws_access_key_id=AKIAOTHEROTHEROTHER1\naws_secret_access_key=a=b\naws_account_id="
      "000000000001\n"
      "region = eu-west-1\n\n; note\n[meridian]\naws_access_key_id = AKIAMERIDIANMERIDIAN\n"
      "aws_secret_access_key = s\naws_account_id = 111122223333");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->first().account_id, "111122223333");
  EXPECT_EQ(file->find("AKIAOTHEROTHEROTHER1")->secret_access_key, "a=b");
  EXPECT_EQ(file->find("AKIAOTHEROTHEROTHER1")->principal_arn, "arn:aws:iam::000000000001:root");
}

TEST(CredentialsFile, SaysWhatIsWrongAndWhere) {
  const auto message = [](std::string_view text) {
    auto file = CredentialsFile::parse(text);
    return file ? "" : file.error().message;
  };
  EXPECT_EQ(message(""), "credentials: no profile");
  EXPECT_EQ(message("x"), "credentials: line 1 is neither [profile] nor name = value");
  EXPECT_EQ(message("[a]\nnonsense"), "credentials: line 2 is neither [profile] nor name = value");
  const std::string start = "\n[a]\naws_access_key_id = AKIAMERIDIANMERIDIAN\n";
  EXPECT_EQ(message(start), "credentials: profile [a] (line 2) needs an aws_secret_access_key");
  EXPECT_EQ(message(start + "aws_secret_access_key = s\naws_account_id = 12"),
            "credentials: profile [a] (line 2) needs an aws_account_id of 12 digits");
  const std::string whole = start + "aws_secret_access_key = s\naws_account_id = 123412341234\n";
  EXPECT_EQ(message(whole + whole), "credentials: AKIAMERIDIANMERIDIAN stands twice");
}

TEST(DevelopmentMode, TheAccountIsTheKeyWhereThatIsAnAccount) {
  EXPECT_EQ(development_key("test").account_id, "123456789012");
  EXPECT_EQ(development_key("").account_id, "123456789012");
  EXPECT_EQ(development_key("000011112222").account_id, "000011112222");
  EXPECT_EQ(development_key("00001111222x").account_id, "123456789012");
  EXPECT_EQ(development_key("000011112222").principal_arn, "arn:aws:iam::000011112222:root");
}

}  // namespace
}  // namespace meridian::aws

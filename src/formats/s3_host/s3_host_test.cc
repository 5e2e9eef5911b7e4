#include "formats/s3_host/s3_host.h"

#include <gtest/gtest.h>

#include <string>

namespace meridian::s3_host {
namespace {

// "objects|bucket|parent"
std::string told(std::string_view host) {
  const auto name = read(host);
  if (!name) return "-";
  return std::string(name->service == Service::Objects ? "objects|" : "website|")
      .append(name->bucket)
      .append("|")
      .append(name->parent);
}

TEST(S3Host, TheBucketStandsBeforeTheService) {
  EXPECT_EQ(told("photos.s3.localhost"), "objects|photos|localhost");
  EXPECT_EQ(told("a.b.s3.eu-west-1.amazonaws.com"), "objects|a.b|eu-west-1.amazonaws.com");
  EXPECT_EQ(told("photos.s3-eu-west-1.amazonaws.com"), "objects|photos|amazonaws.com");
  EXPECT_EQ(told("photos.s3-website.localhost"), "website|photos|localhost");
  EXPECT_EQ(told("photos.s3-website-us-east-1.amazonaws.com"), "website|photos|amazonaws.com");
  EXPECT_EQ(told("s3.localhost"), "objects||localhost");
}

TEST(S3Host, TheLastSuchLabelIsTheServices) {
  EXPECT_EQ(told("my.s3.photos.s3.amazonaws.com"), "objects|my.s3.photos|amazonaws.com");
  EXPECT_EQ(told("my.s3-website.photos.s3.localhost"), "objects|my.s3-website.photos|localhost");
  EXPECT_EQ(told("my.s3.photos.s3-website-us-east-1.amazonaws.com"), "website|my.s3.photos|amazonaws.com");
  EXPECT_EQ(told("my.s3-photos.s3.amazonaws.com"), "objects|my.s3-photos|amazonaws.com");
}

TEST(S3Host, OtherNamesAreNotS3s) {
  for (const char* host : {"", ".", "s3", "photos.s3", "photoss3.localhost", "photos.s3x.amazonaws.com",
                           "photos.s3-mine.localhost", "photos.s3-websites.localhost",
                           "lb.eu-west-1.elb.amazonaws.com", "[::1]", "..", "a..localhost"})
    EXPECT_EQ(told(host), "-") << host;
}

}  // namespace
}  // namespace meridian::s3_host

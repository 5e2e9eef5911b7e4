#include "engines/health/failure_texts.h"

#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

std::string text_of(std::string message) {
  return connect_failure(Error{ErrorCode::Unavailable, std::move(message), ErrorSource::Peer, true});
}

TEST(ConnectFailure, SaysWhatTheSystemSaidWithoutTheAddress) {
  EXPECT_EQ(text_of("connect 192.0.2.1:80: Connection refused"), "Connection refused");
  EXPECT_EQ(text_of("connect [2001:db8::1]:80: Network is unreachable"), "Network is unreachable");
  EXPECT_EQ(text_of("connection: Connection reset by peer"), "Connection reset by peer");
  EXPECT_EQ(text_of("broken"), "broken");
}

TEST(ConnectFailure, NamesTheAlertOfAHandshake) {
  EXPECT_EQ(text_of("TLS: error:0A000410:SSL routines::sslv3 alert handshake failure"),
            "SSL alert handshake_failure");
  EXPECT_EQ(text_of("TLS: error:0A00042E:SSL routines::tlsv1 alert protocol version"),
            "SSL alert protocol_version");
  EXPECT_EQ(text_of("TLS: error:0A00010B:SSL routines::wrong version number"),
            "SSL handshake failed: wrong version number");
  EXPECT_EQ(text_of("TLS: connection failed"), "SSL handshake failed: connection failed");
}

}  // namespace
}  // namespace meridian::engines::health

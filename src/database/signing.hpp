#pragma once

// Keys that sign the heads of proofs.
//
// What       A key file holds the seed of an Ed25519 key, 64 hexadecimal digits, and a line feed. It is the secret:
//            keep it away from the database that it speaks for. The public key is what readers compare (kodiak-verify
//            --key).
// Threads    Pure functions over files.
// Errors     kInvalidText for a file that is no key and a text that is no proof, kDuplicateObject, kIo.

#include <string>
#include <string_view>

#include "base/result/result.hpp"

namespace kodiak::database {

// Writes a new key to a file that must not exist; returns the public key, 64 hexadecimal digits.
Result<std::string> create_key(const std::string& file);
// The public key of a key file.
Result<std::string> public_key(const std::string& file);
// The proof with its heads signed by the key in the file.
Result<std::string> sign_proof(std::string_view proof, const std::string& key_file);

}  // namespace kodiak::database

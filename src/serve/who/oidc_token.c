/* oidc_token.c: see oidc_token.h. */
#include "serve/http/json.h"
#include "serve/who/oidc_token.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdio.h>

enum { TOKEN = 16 << 10, PART = 1024 /* bytes of a key's number, of a signature */ };
static const double slack = 60; /* seconds that clocks may differ */

static int no(mien_error *error, const char *what) { return base_error_set(error, MIEN_EPOLICY, "ID token", "log in again", "%s", what); }

static bool decode(const char *text, size_t length, uint8_t *to, size_t room, size_t *bytes) {
  return text && !sodium_base642bin(to, room, text, length, NULL, bytes, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static json_t *decode_json(const char *text, size_t length) {
  uint8_t *bytes = base_alloc(length + 1, 1);
  size_t count = 0;
  json_t *json = bytes && decode(text, length, bytes, length, &count) ? json_loadb((const char *)bytes, count, JSON_REJECT_DUPLICATES, NULL) : NULL;
  base_free(bytes);
  if (json_is_object(json)) return json;
  json_decref(json);
  return NULL;
}

/* ---- Keys ---- */

static EVP_PKEY *make(const char *kind, OSSL_PARAM *params) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = params ? EVP_PKEY_CTX_new_from_name(NULL, kind, NULL) : NULL;
  if (context && EVP_PKEY_fromdata_init(context) == 1) EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(params);
  return key;
}

static EVP_PKEY *rsa(const json_t *jwk) {
  uint8_t n[PART], e[16];
  size_t n_bytes, e_bytes;
  const char *n_text = serve_text_of(jwk, "n"), *e_text = serve_text_of(jwk, "e");
  if (!decode(n_text, strlen(n_text), n, sizeof n, &n_bytes) || !decode(e_text, strlen(e_text), e, sizeof e, &e_bytes) || n_bytes < 256) return NULL;
  BIGNUM *modulus = BN_bin2bn(n, (int)n_bytes, NULL), *exponent = BN_bin2bn(e, (int)e_bytes, NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  bool ok = modulus && exponent && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
  EVP_PKEY *key = ok ? make("RSA", OSSL_PARAM_BLD_to_param(builder)) : NULL;
  OSSL_PARAM_BLD_free(builder);
  BN_free(modulus);
  BN_free(exponent);
  return key;
}

static EVP_PKEY *p256(const json_t *jwk) {
  uint8_t point[65] = {4};
  size_t x, y;
  const char *x_text = serve_text_of(jwk, "x"), *y_text = serve_text_of(jwk, "y");
  if (strcmp(serve_text_of(jwk, "crv"), "P-256") || !decode(x_text, strlen(x_text), point + 1, 32, &x) || !decode(y_text, strlen(y_text), point + 33, 32, &y) || x != 32 ||
      y != 32)
    return NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  bool ok = builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
  EVP_PKEY *key = ok ? make("EC", OSSL_PARAM_BLD_to_param(builder)) : NULL;
  OSSL_PARAM_BLD_free(builder);
  return key;
}

static EVP_PKEY *ed25519(const json_t *jwk) {
  uint8_t x[32];
  size_t bytes;
  const char *text = serve_text_of(jwk, "x");
  if (strcmp(serve_text_of(jwk, "crv"), "Ed25519") || !decode(text, strlen(text), x, sizeof x, &bytes) || bytes != sizeof x) return NULL;
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof x);
}

static const struct algorithm {
  const char *name, *kind; /* alg, kty */
  EVP_PKEY *(*key)(const json_t *jwk);
  bool hashed, pair; /* SHA-256 of the text is signed; the signature is r and s */
} algorithms[] = {{"RS256", "RSA", rsa, true, false}, {"ES256", "EC", p256, true, true}, {"EdDSA", "OKP", ed25519, false, false}};

/* OpenSSL takes r and s as DER (RFC 7518, section 3.4, has them one after the other). */
static bool to_der(uint8_t *signature, size_t *bytes, size_t room) {
  if (*bytes != 64) return false;
  ECDSA_SIG *pair = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
  uint8_t *at = signature;
  bool set = pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1;
  if (!set) BN_free(r), BN_free(s);
  int length = set ? i2d_ECDSA_SIG(pair, NULL) : -1;
  bool ok = length > 0 && (size_t)length <= room && i2d_ECDSA_SIG(pair, &at) == length;
  *bytes = ok ? (size_t)length : 0;
  ECDSA_SIG_free(pair);
  return ok;
}

static bool signed_by(const struct algorithm *a, const json_t *jwk, const char *text, size_t bytes, const uint8_t *signature, size_t signature_bytes) {
  EVP_PKEY *key = a->key(jwk);
  EVP_MD_CTX *context = key ? EVP_MD_CTX_new() : NULL;
  bool holds = context && EVP_DigestVerifyInit(context, NULL, a->hashed ? EVP_sha256() : NULL, NULL, key) == 1 &&
               EVP_DigestVerify(context, signature, signature_bytes, (const uint8_t *)text, bytes) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  ERR_clear_error();
  return holds;
}

static int check_signature(const char *token, size_t text_bytes, const char *last, const json_t *header, const json_t *keys, mien_error *error) {
  const struct algorithm *a = NULL;
  uint8_t signature[PART];
  size_t bytes, tried = 0;
  const char *id = serve_text_of(header, "kid");
  for (size_t i = 0; i < BASE_COUNT(algorithms); i++)
    if (!strcmp(serve_text_of(header, "alg"), algorithms[i].name)) a = &algorithms[i];
  if (!a) return no(error, "it must be signed with RS256, ES256 or EdDSA");
  if (json_object_get(header, "crit")) return no(error, "it asks for what is not known here");
  if (!decode(last, strlen(last), signature, sizeof signature, &bytes) || (a->pair && !to_der(signature, &bytes, sizeof signature))) return no(error, "its signature is none");
  json_t *jwk;
  size_t i;
  json_array_foreach(json_object_get(keys, "keys"), i, jwk) {
    if (strcmp(serve_text_of(jwk, "kty"), a->kind) || (*id && *serve_text_of(jwk, "kid") && strcmp(serve_text_of(jwk, "kid"), id)) || !strcmp(serve_text_of(jwk, "use"), "enc")) continue;
    tried++;
    if (signed_by(a, jwk, token, text_bytes, signature, bytes)) return MIEN_OK;
  }
  return tried ? no(error, "its signature is not of the provider") : base_error_set(error, MIEN_EEMPTY, "ID token", "log in again", "the provider has no such key");
}

/* ---- Claims ---- */

static bool for_us(const json_t *claims, const char *client) {
  const json_t *audience = json_object_get(claims, "aud"), *party = json_object_get(claims, "azp");
  bool named = json_is_string(audience) && !strcmp(json_string_value(audience), client);
  for (size_t i = 0; i < json_array_size(audience); i++) {
    const char *one = json_string_value(json_array_get(audience, i));
    named |= one && !strcmp(one, client);
  }
  if (json_array_size(audience) > 1 && !party) return false;
  return named && (!party || !strcmp(serve_text_of(claims, "azp"), client));
}

static int check_claims(const json_t *claims, const oidc_expected *x, mien_error *error) {
  const json_t *end = json_object_get(claims, "exp"), *begin = json_object_get(claims, "nbf"), *made = json_object_get(claims, "iat");
  const char *nonce = serve_text_of(claims, "nonce"), *subject = serve_text_of(claims, "sub");
  if (strcmp(serve_text_of(claims, "iss"), x->issuer)) return no(error, "it is of another issuer");
  if (!for_us(claims, x->client)) return no(error, "it is for somebody else");
  if (!json_is_number(end) || json_number_value(end) + slack < x->now) return no(error, "it has run out");
  if ((begin && !(json_number_value(begin) - slack <= x->now)) || !json_is_number(made) || json_number_value(made) - slack > x->now) return no(error, "it is not valid yet");
  if (strlen(nonce) != strlen(x->nonce) || sodium_memcmp(nonce, x->nonce, strlen(nonce))) return no(error, "it is not of this login");
  return *subject && strlen(subject) < 256 ? MIEN_OK : no(error, "it names nobody");
}

int oidc_token_check(const char *token, const json_t *keys, const oidc_expected *expected, json_t **claims, mien_error *error) {
  const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
  *claims = NULL;
  if (!second || strchr(second + 1, '.') || strlen(token) > TOKEN) return no(error, "it is not of three parts");
  json_t *header = decode_json(token, (size_t)(first - token)), *body = decode_json(first + 1, (size_t)(second - first - 1));
  int code = header && body ? MIEN_OK : no(error, "its parts are no JSON");
  if (!code) code = check_signature(token, (size_t)(second - token), second + 1, header, keys, error);
  if (!code) code = check_claims(body, expected, error);
  if (!code) *claims = json_incref(body);
  json_decref(header);
  json_decref(body);
  return code;
}

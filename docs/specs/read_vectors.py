"""Reads every vector of tests/vectors/cases after docs/specs alone, without the product. Exit 1 on a surprise."""

# fmt: off
import base64
import hashlib
import hmac
import json
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CLASSES = {"tampered", "wrong-secret", "malformed", "length", "version", "id", "number", "code"}
TEXTS = {"text", "prefix", "code", "role", "label", "kind", "stream_kind", "aead"}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
class Refused(Exception): ...
class Raw:
    def __init__(self, raw, failure): self.raw, self.at, self.failure = raw, 0, failure
    def take(self, count):
        need(len(self.raw) - self.at >= count, self.failure)
        self.at += count
        return self.raw[self.at - count:self.at]
    def number(self, count): return int.from_bytes(self.take(count), "big")
def need(sound, failure="tampered"):
    if not sound:
        raise Refused(failure)
def guarded(act, *given, **named):
    try:
        return act(*given, **named)
    except (InvalidTag, InvalidSignature, ValueError):
        raise Refused("tampered") from None
def ctx(label, *parts):
    raws = [p if isinstance(p, bytes) else p.encode() if isinstance(p, str) else p.to_bytes(8, "big") for p in parts]
    return b"hv/1\0" + label.encode() + b"\0" + b"".join(len(r).to_bytes(2, "big") + r for r in raws)
def sha(data): return hashlib.sha256(data).digest()
def mac(key, data): return hmac.digest(key, data, "sha256")
def same(one, other, failure="tampered"): need(hmac.compare_digest(one, other), failure)
def expand(key, label, *parts): return mac(key, ctx(label, *parts) + b"\1")
def gcm(key, nonce, sealed, aad=b""): return guarded(AESGCM(key).decrypt, nonce, sealed, aad)
def box(key, sealed, aad): return gcm(key, sealed[:12], sealed[12:], aad)
def key_and_commitment(secret, salt, info):
    first = mac(mac(salt, secret), info + b"\1")
    return first, mac(mac(salt, secret), first + info + b"\2")
def unpad(padded):
    need(padded.rstrip(b"\0").endswith(b"\x80"))
    return padded.rstrip(b"\0")[:-1]
def committed(secret, info, wrapped):
    need(len(wrapped) >= 80)
    key, commitment = key_and_commitment(secret, wrapped[:32], info)
    same(commitment, wrapped[32:64], "wrong-secret")
    return gcm(key, bytes(12), wrapped[64:], info)
def key_pair(seed):
    raw = hashlib.shake_256(seed).digest(96)
    keys = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:64]), x25519.X25519PrivateKey.from_private_bytes(raw[64:])
    return hpke.MLKEM768X25519PrivateKey(*keys), b"".join(key.public_key().public_bytes_raw() for key in keys)
def opened(seed, info, sealed, aead="AES_256_GCM"):
    need(len(sealed) >= 1137 and sealed[0] == 1)
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, getattr(hpke.AEAD, aead))
    return guarded(suite.decrypt, sealed[1:], key_pair(seed)[0], info=info)
def signed(key, signature, data):
    guarded(lambda: ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, data))

def slot(v):
    ids, wrapped = [v[name] for name in ("vault_id", "slot_id", "parameters", "pepper_id")], v["wrapped"]
    need(len(wrapped) == 114 and wrapped[:2] == bytes((1, v["type"])))
    seed = committed(v["secret"], ctx("slot/1", b"\1", bytes((v["type"],)), *ids), wrapped[2:])
    same(key_pair(seed)[1], v["public_key"])
    return seed
def record(v):
    need(len(v["sealed"]) >= 29)
    ids = v["vault_id"], v["object_id"], v["version"]
    aad = ctx(v["label"], b"\1", *ids, v["root_id"], *((v["kind"], v["source"]) if v["label"] == "record/1" else ()))
    return unpad(box(expand(v["root"], "obj/1", *ids), v["sealed"], aad))
def wrap(v):
    ids, wrapped = (v["vault_id"], v["generation"]), v["wrapped"]
    need(len(wrapped) >= 37 and wrapped[:9] == b"\1" + v["generation"].to_bytes(8, "big"))
    key = expand(v["vault_key"], "wrap/1", *ids, v["label"])
    return box(key, wrapped[9:], ctx(v["label"], v["vault_id"], v["object_id"], v["generation"]))
def manifest(v):
    body, magic = Raw(v["body"], "tampered"), ctx("vault-keys/1")
    signed(v["server_key"], v["signature"], v["body"])
    need(body.take(len(magic)) == magic and body.take(16) == v["vault_id"] and body.take(8))
    generation, _, count = body.number(8), body.take(56), body.number(2)
    slots = [body.take(113) for _ in range(count)]
    ids, kinds = [s[:16] for s in slots], [s[16] for s in slots]
    need(body.at == len(v["body"]) and 2 <= count <= 64 and ids == sorted(set(ids)))
    need(set(kinds) <= {1, 2, 3, 4, 5} and 2 in kinds and kinds.count(4) <= 3)
    same(mac(expand(v["vault_key"], "vault-keys/1", v["vault_id"], generation), v["body"]), v["mac"])
    return sha(v["body"])[:12]
def leaf(v):
    raw, rest = v["leaf"], Raw(v["leaf"][185:], "length")
    need(raw, "length")
    need(raw[0] == 1, "version")
    need(185 < len(raw) <= 317, "length")
    codes = [rest.take(rest.number(1)) for _ in range(4)]
    need(rest.at == len(rest.raw), "length")
    need(any(raw[1:17]) and any(raw[25:41]) and (any(raw[57:73]) or not any(raw[73:81])), "id")
    need(all(raw[i] < 128 for i in (17, 73, 81)), "number")
    for code in codes[:3 + bool(codes[3])]:
        need(re.fullmatch(rb"[a-z0-9]+(-[a-z0-9]+)*", code) and len(code) <= 32, "code")
    return sha(b"\0" + raw)
def read_stream(key, kind, source, sealed):
    need(len(sealed) >= 80)
    stream_key, commitment = key_and_commitment(key, sealed[:32], ctx("stream/1", kind, source))
    same(commitment, sealed[32:64])
    chunks = [sealed[i:i + 65552] for i in range(64, len(sealed), 65552)]
    need(len(chunks) == 1 or len(chunks[-1]) > 16)
    nonces = [i.to_bytes(11, "big") + bytes((i == len(chunks) - 1,)) for i in range(len(chunks))]
    return b"".join(map(gcm, [stream_key] * len(chunks), nonces, chunks))
def delivery(v):
    raw, magic = Raw(v["body"], "malformed"), ctx("delivery/1")
    need(len(v["body"]) <= 10485760 and raw.take(len(magic)) == magic, "malformed")
    vault, epoch, root_id, sealed, is_signed = raw.take(16), raw.number(8), raw.take(16), raw.take(1169), raw.number(1)
    need(any(vault) and any(root_id) and is_signed < 2, "malformed")
    lab, signature, begin = raw.take(32 * is_signed), raw.take(64 * is_signed), raw.at
    count, files, plain = raw.number(2), {}, b""
    need(1 <= count <= 64, "malformed")
    for place in range(count):
        thing, size = raw.take(16), raw.number(4)
        need(any(thing) and thing not in files and size >= 1052 and (size - 28) % 1024 == 0, "malformed")
        files[thing] = raw.take(size), place.to_bytes(2, "big") + count.to_bytes(2, "big")
    need(raw.at == len(v["body"]), "malformed")
    if is_signed:
        signed(lab, signature, ctx("delivery-signature/1", vault, epoch, root_id, sha(sealed), sha(v["body"][begin:])))
    root = opened(v["seed"], ctx("root/1", vault, root_id, epoch), sealed)
    for thing, (data, source) in files.items():
        aad = ctx("record/1", b"\1", vault, thing, 1, root_id, "delivery", source)
        plain += unpad(box(expand(root, "obj/1", vault, thing, 1), data, aad))
    return sha(plain)
def archive(v):
    raw, magic, roots = Raw(v["file"], "malformed"), ctx("archive/1"), []
    need(raw.take(len(magic)) == magic, "malformed")
    vault, made, count = raw.take(16), raw.take(16), raw.number(1)
    need(1 <= count <= 8, "malformed")
    for _ in range(count):
        kind, name, size = raw.take(1), raw.take(16), raw.number(2)
        need((kind, size) in {(b"\1", 37), (b"\2", 0)} and not any(raw.take(size)[29:]), "malformed")
        wrapped, sealed = raw.take(114), raw.take(1169)
        try:
            seed = committed(recovery_code(v), ctx("slot/1", b"\1", kind, vault, name, b"", b""), wrapped[2:])
            roots.append(opened(seed, ctx("archive-root/1", vault, made, name), sealed))
        except Refused as why:
            need(str(why) == "wrong-secret", str(why))
    need(roots, "wrong-secret")
    key, head = (lambda place: expand(roots[0], "obj/1", vault, place.to_bytes(16, "big"), 1)), sha(raw.raw[:raw.at])
    size, raw.failure = raw.number(8), "tampered"
    index = json.loads(read_stream(key(0), "archive-index", head, raw.take(size)))
    for place, part in enumerate(index["parts"], 1):
        sealed = raw.take(64 + part["size"] + 16 * max(1, -(-part["size"] // 65536)))
        need(sha(read_stream(key(place), "archive-part", made, sealed)).hex() == part["sha256"])
    need(raw.at == len(raw.raw))
    return sha(json.dumps(index, sort_keys=True, separators=(",", ":")).encode())
def answer(v):
    ids = v["role"], v["vault_id"], v["invitation_id"]
    told = ctx("invitation-answer/1", v["invited_vault_id"], v["public_key"], v["sealed"])
    same(mac(expand(v["secret"], "invitation-proof/1", *ids), told), v["proof"])
    return box(expand(v["secret"], "invitation-seal/1", *ids), v["sealed"], ctx("invitation-seal/1", *ids))
def text(v):
    body = v["text"][len(v["prefix"]):]
    need(v["text"].startswith(v["prefix"]) and re.fullmatch("[A-Za-z0-9_-]*", body) and len(body) % 4 != 1, "malformed")
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    need(len(raw) == v["bytes"] and base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == body, "malformed")
    return raw
def recovery_code(v):
    typed = re.sub(r"[\s-]", "", v["code"]).upper().translate(str.maketrans("OIL", "011"))
    need(len(typed) == 32 and set(typed) <= set(CROCKFORD), "wrong-secret")
    return sum(CROCKFORD.index(c) << 5 * (31 - i) for i, c in enumerate(typed)).to_bytes(20, "big")
def context(v): return ctx(v["label"], *[bytes.fromhex(p["bytes"]) if isinstance(p, dict) else p for p in v["parts"]])
def derived(v): return mac(v["key"], v["info"] + b"\1")
def keyed(v): return mac(v["key"], v["data"])
def x_wing(v): return key_pair(v["seed"])[1]
def sealed(v): return opened(v["seed"], v["info"], v["sealed"], v["aead"])
def stream(v):
    raw = bytes.fromhex("".join(v["pieces"][place] for place in v["order"]))
    return sha(read_stream(v["key"], v["stream_kind"], v["source"], raw))
def outcome(kind, fields):
    values = {k: bytes.fromhex(x) if isinstance(x, str) and k not in TEXTS else x for k, x in fields.items()}
    try:
        return "opens", globals()[kind](values).hex()
    except Refused as why:
        return str(why), None
def main(folder):
    found = 0
    for path in sorted(Path(folder).glob("*.json")):
        for group in json.loads(path.read_text("utf-8")):
            need(outcome(group["kind"], group["opens"]) == ("opens", group["gives"]), f"{path.name}: {group['name']}")
            for fault in group["faults"]:
                failure, _ = outcome(group["kind"], group["opens"] | fault["differs"])
                right = failure == fault["class"] and failure in CLASSES
                need(right, f"{path.name}: {group['name']}, {fault['name']}: {failure}, not {fault['class']}")
            found += 1 + len(group["faults"])
    need(found, "no vectors")
    sys.stdout.write(f"vectors read: {found}\n")

if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[2] / "tests/vectors/cases")

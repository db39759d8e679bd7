"""Keys in a device that speaks PKCS#11: they are made there, or put in once, and never come out.

Each key is four objects that share an id and a label ``<set> <name> <part>``; the public half is written last, so a
key without it isn't there yet. docs/specs/key-provider.md.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, MechanismFlag, ObjectClass
from pkcs11 import Mechanism as Way
from pkcs11.util.ec import encode_named_curve_parameters

from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable, Purpose
from vault.server_keys.stores import KeyMaterial, KeysStay, ServerKey, fresh_key_id, parse_name

T = TypeVar("T")

_ED25519: Final = encode_named_curve_parameters("1.3.101.112")
_POINT_HEAD: Final = b"\x04\x20"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEPT: Final = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}
WRAP, MAC, SIGN, PUBLIC = "wrap", "mac", "sign", "public"
_CLASS_OF: Final = {
    WRAP: ObjectClass.SECRET_KEY,
    MAC: ObjectClass.SECRET_KEY,
    SIGN: ObjectClass.PRIVATE_KEY,
    PUBLIC: ObjectClass.PUBLIC_KEY,
}


class Pkcs11Store:
    """The keys called ``key_set`` on the token ``token``. ``module`` is the device's library; ``pin`` the user's.

    One session at a time: what the library allows of threads differs from device to device.
    """

    def __init__(self, module: str, token: str, pin: str, key_set: str = "healthvault") -> None:
        self.name = f"PKCS#11 token {token}"
        self._module = module
        self._token = token
        self._pin = pin
        self._set = key_set
        self._lock = threading.RLock()
        self._session: Any = None
        self._objects: dict[tuple[str, str], Any] = {}

    def prepare(self) -> None:
        if not self.list_keys():
            for purpose in Purpose:
                self.make(purpose, 1)

    def list_keys(self) -> tuple[ServerKey, ...]:
        def read(session: Any) -> tuple[ServerKey, ...]:
            found = session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.TOKEN: True})
            return tuple(sorted(key for each in found if (key := self._key_of(each)) is not None))

        return self._do(read)

    def make(self, purpose: Purpose, serial: int) -> None:
        key_id = fresh_key_id()

        def write(session: Any) -> None:
            key = ServerKey(purpose, serial, key_id, b"")
            aes = {**_KEPT, **self._named(key, WRAP)}
            session.generate_key(KeyType.AES, 256, store=True, template=aes)
            session.generate_key(
                KeyType.GENERIC_SECRET,
                256,
                mechanism=Way.GENERIC_SECRET_KEY_GEN,
                store=True,
                capabilities=MechanismFlag.SIGN,
                template={**_KEPT, **self._named(key, MAC)},
            )
            curve = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True)
            curve.generate_keypair(
                mechanism=Way.EC_EDWARDS_KEY_PAIR_GEN,
                store=True,
                private_template={**_KEPT, **self._named(key, SIGN)},
                public_template={Attribute.TOKEN: True, **self._named(key, PUBLIC)},
            )

        self._do(write)

    def take(self, key: ServerKey, material: KeyMaterial) -> None:
        def write(session: Any) -> None:
            secret = {**_KEPT, Attribute.CLASS: ObjectClass.SECRET_KEY}
            aes = {Attribute.KEY_TYPE: KeyType.AES, Attribute.ENCRYPT: True, Attribute.DECRYPT: True}
            session.create_object({**secret, **aes, **self._named(key, WRAP), Attribute.VALUE: material.wrapping})
            mac = {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.SIGN: True}
            session.create_object({**secret, **mac, **self._named(key, MAC), Attribute.VALUE: material.mac})
            edwards = {Attribute.KEY_TYPE: KeyType.EC_EDWARDS, Attribute.EC_PARAMS: _ED25519}
            private = {**_KEPT, **edwards, Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SIGN: True}
            session.create_object({**private, **self._named(key, SIGN), Attribute.VALUE: material.signing_seed})
            public = {**edwards, Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.TOKEN: True}
            point = {Attribute.EC_POINT: _POINT_HEAD + key.public, Attribute.VERIFY: True}
            session.create_object({**public, **point, **self._named(key, PUBLIC)})

        self.destroy(key)  # What an interrupted move left.
        self._do(write)

    def give(self, key: ServerKey) -> KeyMaterial:
        raise KeysStay

    def destroy(self, key: ServerKey) -> None:
        def forget(session: Any) -> None:
            for part in (PUBLIC, SIGN, MAC, WRAP):
                for each in list(session.get_objects(self._named(key, part))):
                    each.destroy()

        self._objects = {name: each for name, each in self._objects.items() if name[0] != key.name}
        self._do(forget)

    def seal(self, key: ServerKey, context: bytes, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        way = {"mechanism": Way.AES_GCM, "mechanism_param": _gcm(nonce, context)}
        return nonce + bytes(self._use(key, WRAP, lambda found: found.encrypt(data, **way)))

    def open(self, key: ServerKey, context: bytes, sealed: bytes) -> bytes:
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        if len(rest) < _TAG_BYTES:
            raise Tampered
        way = {"mechanism": Way.AES_GCM, "mechanism_param": _gcm(nonce, context)}

        def decrypt(found: Any) -> bytes:
            try:
                return bytes(found.decrypt(rest, **way))
            except pkcs11.PKCS11Error:
                # Devices have no one word for a wrong tag. One that still seals was asked to open what it never sealed.
                found.encrypt(b"", mechanism=Way.AES_GCM, mechanism_param=_gcm(os.urandom(_NONCE_BYTES), b""))
                raise Tampered from None

        return self._use(key, WRAP, decrypt)

    def mac(self, key: ServerKey, data: bytes) -> bytes:
        return bytes(self._use(key, MAC, lambda found: found.sign(data, mechanism=Way.SHA256_HMAC)))

    def sign(self, key: ServerKey, data: bytes) -> bytes:
        return bytes(self._use(key, SIGN, lambda found: found.sign(data, mechanism=Way.EDDSA)))

    # -- the device ------------------------------------------------------------------------------------------------

    def _use(self, key: ServerKey, part: str, use: Callable[[Any], T]) -> T:
        return self._do(lambda session: use(self._object(session, key, part)))

    def _object(self, session: Any, key: ServerKey, part: str) -> Any:
        name = key.name, part
        if name not in self._objects:
            found = list(session.get_objects({**self._named(key, part), Attribute.CLASS: _CLASS_OF[part]}))
            if len(found) != 1:
                raise KeysUnavailable
            self._objects[name] = found[0]
        return self._objects[name]

    def _do(self, act: Callable[[Any], T]) -> T:
        """Once more in a new session if the device closed the last one; KeysUnavailable if it still can't."""
        with self._lock:
            try:
                return act(self._open_session())
            except pkcs11.PKCS11Error:
                self._session, self._objects = None, {}
            with _translated():
                return act(self._open_session())

    def _open_session(self) -> Any:
        if self._session is None:
            with _translated():
                token = pkcs11.lib(self._module).get_token(token_label=self._token)
                try:
                    self._session = token.open(rw=True, user_pin=self._pin)
                except pkcs11.UserAlreadyLoggedIn:
                    self._session = token.open(rw=True)
        return self._session

    def _named(self, key: ServerKey, part: str) -> dict[Attribute, Any]:
        return {Attribute.ID: key.key_id, Attribute.LABEL: f"{self._set} {key.name} {part}"}

    def _key_of(self, public: Any) -> ServerKey | None:
        """None for what isn't one of this set's."""
        words = str(public[Attribute.LABEL]).split(" ")
        place = parse_name(words[1]) if len(words) == 3 and (words[0], words[2]) == (self._set, PUBLIC) else None
        point = bytes(public[Attribute.EC_POINT]) if place else b""
        return ServerKey(*place, point[-32:]) if place and len(point) >= 32 else None


def _gcm(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce, context, 8 * _TAG_BYTES)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError):  # PKCS11Error is a RuntimeError.
        raise KeysUnavailable from None

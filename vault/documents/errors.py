"""What can go wrong when a document is shown. None of these holds anything of the document."""

from __future__ import annotations

from typing import Final

from vault.errors import Invalid, VaultError


class DocumentNotShown(Invalid):
    code = "document-not-shown"
    advice = "We can show PDF files and photos (JPEG, PNG, HEIC). This file is of another kind."


class DocumentLocked(Invalid):
    code = "document-locked"
    advice = "This PDF is locked. Please give its password."


class DocumentPasswordWrong(DocumentLocked):
    code = "document-password-wrong"
    advice = "This password doesn\u2019t open the PDF. Please try again. Small and capital letters matter."


class DocumentUnreadable(Invalid):
    code = "document-unreadable"
    advice = "We can\u2019t show this file. It may be damaged."


class DocumentTooManyPages(Invalid):
    code = "document-too-many-pages"
    advice = "This PDF has more than 1,000 pages, too many to show."


class DocumentTooLarge(Invalid):
    code = "document-too-large"
    advice = "This picture or page is too large to show. The most is 64 million dots."


class DocumentTooSlow(Invalid):
    code = "document-too-slow"
    advice = "Showing this file takes too long, so we stopped."


class DocumentBusy(VaultError):
    code = "document-busy"
    advice = "Other documents are being shown just now. Please try again in a minute."


BY_CODE: Final = {
    each.code: each
    for each in (
        DocumentLocked,
        DocumentPasswordWrong,
        DocumentUnreadable,
        DocumentTooManyPages,
        DocumentTooLarge,
    )
}

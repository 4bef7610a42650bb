"""The operations on cards and their accounts."""

from loyaltyd.api import calls
from loyaltyd.api.operation import Link, Operation
from loyaltyd.api.reasons import OF_A_CARD, OF_TWO_CARDS
from loyaltyd.api.tokens import Scope
from loyaltyd.domain.refusal import Reason
from loyaltyd.till import answers, requests

BY_CARD = {"number": "$request.body#/card"}
BY_NUMBER = {"number": "$request.path.number"}

CARD_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="readCard",
        method="GET",
        path="/v1/cards/{number}",
        summary="The card, its holder's greeting name, tier, wallets, what is about to expire",
        call=calls.read_card,
        answer=answers.CardViewAnswer,
        scope=Scope.QUOTE,
        reasons=OF_A_CARD,
    ),
    Operation(
        name="issueCard",
        method="POST",
        path="/v1/cards",
        summary="Issue or enrol a card",
        call=calls.issue_card,
        request=requests.CardRequest,
        answer=answers.CardViewAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_EXISTS, Reason.CARD_BLOCKED),
        example={
            "card": "2990000000019",
            "kind": "bonus",
            "holder": {"name": "Anna", "birthday": "1990-05-01", "phone": "+79990000000"},
        },
        links=(
            Link(to="readCard", path=BY_CARD),
            Link(to="blockCard", path=BY_CARD, body={"reason": "lost"}),
            Link(to="unblockCard", path=BY_CARD, body={}),
        ),
    ),
    Operation(
        name="blockCard",
        method="POST",
        path="/v1/cards/{number}/block",
        summary="Block a card: lost, stolen, misused",
        call=calls.block_card,
        request=requests.BlockRequest,
        answer=answers.CardViewAnswer,
        scope=Scope.COMMIT,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_NOT_ISSUED, Reason.CARD_REPLACED),
        example={"reason": "lost"},
        links=(
            Link(to="unblockCard", path=BY_NUMBER, body={}),
            Link(to="readCard", path=BY_NUMBER),
        ),
    ),
    Operation(
        name="unblockCard",
        method="POST",
        path="/v1/cards/{number}/unblock",
        summary="Let a blocked card be used again",
        call=calls.unblock_card,
        request=requests.MomentRequest,
        answer=answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_NOT_ISSUED, Reason.CARD_REPLACED),
        links=(Link(to="readCard", path=BY_NUMBER),),
    ),
    Operation(
        name="replaceCard",
        method="POST",
        path="/v1/cards/{number}/replace",
        summary="Put a new card in the place of a lost or broken one: the account goes on",
        call=calls.replace_card,
        request=requests.ReplaceRequest,
        answer=answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_TWO_CARDS, Reason.CARD_EXISTS, Reason.CARD_REPLACED),
        example={"new": "2990000000026"},
    ),
    Operation(
        name="linkCard",
        method="POST",
        path="/v1/cards/{number}/link",
        summary="Let one more card, or a phone, stand for the card's account",
        call=calls.link_card,
        request=requests.LinkRequest,
        answer=answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(
            *OF_TWO_CARDS,
            Reason.CARD_BLOCKED,
            Reason.CARD_EXISTS,
            Reason.CARD_REPLACED,
            Reason.PHONE_TAKEN,
        ),
        example={"phone": "+79990000000"},
    ),
    Operation(
        name="forgetHolder",
        method="POST",
        path="/v1/cards/{number}/forget",
        summary="Forget who holds the card: name, birthday, phone, numbers, stored answers",
        call=calls.forget_holder,
        request=requests.MomentRequest,
        answer=answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW),
    ),
    Operation(
        name="mergeAccounts",
        method="POST",
        path="/v1/transfers",
        summary="Two accounts become one: the second card's holds all, the first is closed",
        call=calls.merge_accounts,
        request=requests.TransferRequest,
        answer=answers.TransferAnswer,
        status=201,
        scope=Scope.MANAGER,
        reasons=(*OF_TWO_CARDS, Reason.ID_REUSED),
        example={"transfer": "msk017-3-T000001", "from": "2990000000026", "to": "2990000000019"},
    ),
)

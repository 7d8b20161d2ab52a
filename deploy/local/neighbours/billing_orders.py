"""What the simulated billing is told to do: change an account's holder (A9), let a debt be paid in parts (A14).

An order is known by its id: told again, it is answered the same way and done once. One that was withdrawn is never
done, even if it comes after its withdrawal.
"""

from datetime import date

from contracts.billing import (
    HolderChanged,
    HolderChangeOrdered,
    HolderChangeRefused,
    HolderChangeUndone,
    HolderChangeWithdrawn,
    PlanAgreed,
    PlanOrdered,
    PlanRefused,
)
from deploy.local.neighbours.billing_books import Books


class Orders:
    """Every order by its id. `refused_for`: accounts on which every order is refused, and why."""

    def __init__(self, books: Books) -> None:
        self.refused_for: dict[str, str] = {}
        self._books = books
        self._done: dict[str, HolderChangeOrdered] = {}
        self._refused: dict[str, str] = {}
        self._withdrawn: set[str] = set()
        self._in_order: dict[str, list[str]] = {}
        self._agreed: set[str] = set()

    # --- changes of holder ---
    def change(self, order: HolderChangeOrdered, today: date) -> HolderChanged | HolderChangeRefused:
        """All of it, or nothing and why."""
        if order.order_id not in self._done:
            reason = self._refused.get(order.order_id) or self._objection(order, today)
            if reason is not None:
                self._refused[order.order_id] = reason
                return HolderChangeRefused(asked_by=order.asked_by, order_id=order.order_id, reason=reason)
            shares = order.from_share_halalas, order.to_share_halalas
            self._books.change(order.account_number, order.to_user_id, order.day, shares)
            self._done[order.order_id] = order
            self._in_order.setdefault(order.account_number, []).append(order.order_id)
        return HolderChanged(asked_by=order.asked_by, order_id=order.order_id)

    def withdraw(self, withdrawn: HolderChangeWithdrawn) -> HolderChangeUndone | HolderChanged:
        """Undone, or never to be done; one that another change has followed cannot be undone."""
        order_id = withdrawn.order_id
        order = self._done.get(order_id)
        if order is not None:
            on_account = self._in_order[order.account_number]
            if on_account[-1] != order_id:
                return HolderChanged(asked_by=withdrawn.asked_by, order_id=order_id)
            self._books.change_back(order.account_number)
            on_account.pop()
            del self._done[order_id]
        self._withdrawn.add(order_id)
        return HolderChangeUndone(asked_by=withdrawn.asked_by, order_id=order_id)

    def _objection(self, order: HolderChangeOrdered, today: date) -> str | None:
        if order.order_id in self._withdrawn:
            return "withdrawn"
        if order.account_number in self.refused_for:
            return self.refused_for[order.account_number]
        holder = self._books.holder(order.account_number, order.from_user_id, today)
        if holder is None:
            return "account-unknown"
        if holder.user_id != order.from_user_id:
            return "not-the-holder"
        if order.day <= holder.since:
            return "day-before-the-holder"
        running = self._books.running(order.account_number, order.day)
        if order.from_share_halalas + order.to_share_halalas != running.amount_halalas:
            return "shares-do-not-add-up"
        return None

    # --- instalments ---
    def plan(self, order: PlanOrdered, today: date) -> PlanAgreed | PlanRefused:
        """Agreed where the parts are exactly what is due now."""
        if order.order_id not in self._agreed:
            reason = self._refused.get(order.order_id) or self._plan_objection(order, today)
            if reason is not None:
                self._refused[order.order_id] = reason
                return PlanRefused(asked_by=order.asked_by, order_id=order.order_id, reason=reason)
            parts = ((part.due_date, part.amount_halalas) for part in order.parts)
            self._books.agree(order.account_number, order.user_id, today, parts)
            self._agreed.add(order.order_id)
        return PlanAgreed(asked_by=order.asked_by, order_id=order.order_id)

    def _plan_objection(self, order: PlanOrdered, today: date) -> str | None:
        if order.account_number in self.refused_for:
            return self.refused_for[order.account_number]
        if self._books.has_plan(order.account_number, order.user_id):
            return "plan-in-force"
        due = sum(each.amount_halalas for each in self._books.dues(order.account_number, order.user_id, today))
        if due == 0:
            return "nothing-due"
        if due != order.total_halalas:
            return "dues-changed"
        if sum(part.amount_halalas for part in order.parts) != order.total_halalas:
            return "parts-do-not-add-up"
        return None

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED, TRANSACTION_STATUS_IDLE


def see_concurrent_commits(cr):
    """Let a cursor see what others commit while it waits for a call's lock, until it is closed.

    Two workers that process events of one call at once must each see the other's. Odoo's default
    isolation would keep the snapshot from before the wait, and fail to write.

    :param odoo.sql_db.Cursor cr: nothing was written with it since its last commit
    """
    if cr.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
        cr.rollback()
    # The cursor of tests remains in its single transaction.
    if cr.connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
        cr.connection.isolation_level = ISOLATION_LEVEL_READ_COMMITTED

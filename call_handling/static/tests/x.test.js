import { describe } from "@odoo/hoot"; describe.current.tags("desktop");

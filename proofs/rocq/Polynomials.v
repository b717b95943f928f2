(** Polynomials in several variables over Q, in a normal form, as numbers in which a network is evaluated on a whole box. *)

From Coq Require Import List ZArith QArith Qabs Qreduction Lia Lqa Setoid Morphisms.
From ExactCNN Require Import Numbers Networks.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qred : simpl never.
Local Arguments Qabs : simpl never.

(** A monomial lists its variables in ascending order, with repetition. *)
Definition monomial := list nat.
Definition poly := list (monomial * Q).

(** By degree, then by the first variable that differs. *)
Fixpoint compare_indices (m n : monomial) : comparison :=
  match m, n with
  | i :: m', j :: n' => match Nat.compare i j with Eq => compare_indices m' n' | c => c end
  | [], [] => Eq
  | [], _ => Lt
  | _, [] => Gt
  end.

Definition compare_monomials (m n : monomial) : comparison :=
  match Nat.compare (length m) (length n) with Eq => compare_indices m n | c => c end.

Fixpoint merge_indices (m : monomial) : monomial -> monomial :=
  match m with
  | [] => fun n => n
  | i :: m' => fix go n := match n with
                           | [] => m
                           | j :: n' => if Nat.leb i j then i :: merge_indices m' n else j :: go n'
                           end
  end.

Definition nonzero_term (m : monomial) (c : Q) (p : poly) : poly := if Qeq_bool c 0 then p else (m, c) :: p.

Fixpoint poly_add (p : poly) : poly -> poly :=
  match p with
  | [] => fun q => q
  | (m, c) :: p' => fix go q := match q with
                                | [] => p
                                | (n, d) :: q' => match compare_monomials m n with
                                                  | Lt => (m, c) :: poly_add p' q
                                                  | Gt => (n, d) :: go q'
                                                  | Eq => nonzero_term m (Qred (c + d)) (poly_add p' q')
                                                  end
                                end
  end.

Definition poly_term (m : monomial) (c : Q) (p : poly) : poly :=
  map (fun '(n, d) => (merge_indices m n, Qred (c * d))) p.

Fixpoint poly_mul (p q : poly) : poly :=
  match p with
  | [] => []
  | (m, c) :: p' => poly_add (poly_term m c q) (poly_mul p' q)
  end.

Definition poly_constant (q : Q) : poly := nonzero_term [] q [].
Definition variable (i : nat) : poly := [([i], 1)].

(** The value at a point y. *)
Fixpoint product (y : list Q) (m : monomial) : Q :=
  match m with [] => 1 | i :: m' => nth i y 0 * product y m' end.

Fixpoint value (y : list Q) (p : poly) : Q :=
  match p with [] => 0 | (m, c) :: p' => c * product y m + value y p' end.

Lemma compare_indices_eq (m n : monomial) : compare_indices m n = Eq -> m = n.
Proof.
  revert n. induction m as [| i m IH]; intros [| j n]; simpl; try discriminate; auto.
  destruct (Nat.compare_spec i j) as [-> | |]; try discriminate. intro H. f_equal. apply IH. exact H.
Qed.

Lemma compare_monomials_eq (m n : monomial) : compare_monomials m n = Eq -> m = n.
Proof. unfold compare_monomials. destruct (Nat.compare _ _); try discriminate. apply compare_indices_eq. Qed.

Section Value.
  Variable y : list Q.

  Lemma product_merge (m n : monomial) : product y (merge_indices m n) == product y m * product y n.
  Proof.
    revert n. induction m as [| i m IH]; intro n; [simpl; ring |].
    induction n as [| j n IHn]; [simpl; ring |].
    change (merge_indices (i :: m) (j :: n)) with
      (if Nat.leb i j then i :: merge_indices m (j :: n) else j :: merge_indices (i :: m) n).
    destruct (Nat.leb i j); cbn [product]; [rewrite IH | rewrite IHn]; cbn [product]; ring.
  Qed.

  Lemma value_nonzero_term (m : monomial) (c : Q) (p : poly) : value y (nonzero_term m c p) == c * product y m + value y p.
  Proof.
    unfold nonzero_term. destruct (Qeq_bool c 0) eqn:E; [| reflexivity].
    apply Qeq_bool_iff in E. rewrite E. ring.
  Qed.

  Lemma value_add (p q : poly) : value y (poly_add p q) == value y p + value y q.
  Proof.
    revert q. induction p as [| [m c] p IH]; intro q; [simpl; ring |].
    induction q as [| [n d] q IHq]; [simpl; ring |].
    change (poly_add ((m, c) :: p) ((n, d) :: q)) with
      (match compare_monomials m n with
       | Lt => (m, c) :: poly_add p ((n, d) :: q)
       | Gt => (n, d) :: poly_add ((m, c) :: p) q
       | Eq => nonzero_term m (Qred (c + d)) (poly_add p q)
       end).
    destruct (compare_monomials m n) eqn:E.
    - apply compare_monomials_eq in E. subst n. rewrite value_nonzero_term, IH. rewrite (Qred_correct (c + d)). cbn [value]. ring.
    - cbn [value]. rewrite IH. simpl. ring.
    - cbn [value]. rewrite IHq. simpl. ring.
  Qed.

  Lemma value_term (m : monomial) (c : Q) (p : poly) : value y (poly_term m c p) == c * product y m * value y p.
  Proof.
    induction p as [| [n d] p IH]; [simpl; ring |]. cbn [poly_term map value]. fold (poly_term m c p).
    rewrite IH, product_merge, Qred_correct. ring.
  Qed.

  Lemma value_mul (p q : poly) : value y (poly_mul p q) == value y p * value y q.
  Proof. induction p as [| [m c] p IH]; simpl; [ring |]. rewrite value_add, value_term, IH. ring. Qed.

  Lemma value_constant (q : Q) : value y (poly_constant q) == q.
  Proof. unfold poly_constant. rewrite value_nonzero_term. simpl. ring. Qed.

  Lemma value_variable (i : nat) : value y (variable i) == nth i y 0.
  Proof. simpl. ring. Qed.
End Value.

(** Polynomials as numbers; None is what is not known to be one. *)
Definition lift (f : poly -> poly -> poly) (p q : option poly) : option poly :=
  match p, q with Some p', Some q' => Some (f p' q') | _, _ => None end.

Definition poly_inverse (p : poly) : option poly :=
  match p with [([], c)] => if Qeq_bool c 0 then None else Some [([], Qred (/ c))] | _ => None end.

Definition polynomials : numbers := {|
  number := option poly;
  add := lift poly_add;
  mul := lift poly_mul;
  inv := fun p => match p with Some q => poly_inverse q | None => None end;
  of_Q := fun q => Some (poly_constant q)
|}.

(** x is the value of a polynomial at y. *)
Definition is_value (y : list Q) (x : rationals) (p : polynomials) : Prop :=
  match p with Some q => x == value y q | None => True end.

Section Is_value.
  Variable y : list Q.

  Lemma is_value_add x x' p q : is_value y x p -> is_value y x' q -> is_value y (add x x') (add p q).
  Proof.
    destruct p, q; simpl; auto. intros H H'. rewrite Qred_correct, value_add, H, H'. reflexivity.
  Qed.

  Lemma is_value_mul x x' p q : is_value y x p -> is_value y x' q -> is_value y (mul x x') (mul p q).
  Proof.
    destruct p, q; simpl; auto. intros H H'. rewrite Qred_correct, value_mul, H, H'. reflexivity.
  Qed.

  Lemma is_value_inv x p : is_value y x p -> is_value y (inv x) (inv p).
  Proof.
    destruct p as [[| [[| i m] c] [| t p]] |]; simpl; auto. intro H.
    destruct (Qeq_bool c 0); simpl; auto. rewrite !Qred_correct, H.
    assert (E : c * 1 + 0 == c) by ring. rewrite E. ring.
  Qed.

  Lemma is_value_of_Q q : is_value y (of_Q q) (of_Q q).
  Proof. simpl. rewrite value_constant. reflexivity. Qed.
End Is_value.

(** On the box |y_i| <= radius a polynomial differs from its constant by no more than its spread. *)
Definition constant_part (p : poly) : Q :=
  match p with ([], c) :: _ => c | _ => 0 end.

Definition other_part (p : poly) : poly :=
  match p with ([], _) :: p' => p' | _ => p end.

Fixpoint Qpower_nat (r : Q) (n : nat) : Q := match n with O => 1 | S n' => r * Qpower_nat r n' end.

Definition spread (radius : Q) (p : poly) : Q :=
  fold_right (fun '(m, c) s => Qred (Qabs c * Qpower_nat radius (length m) + s)) 0 p.

Definition in_box (radius : Q) (y : list Q) : Prop := Forall (fun x => Qabs x <= radius) y.

Lemma product_le (a b r s : Q) : 0 <= a -> a <= r -> 0 <= b -> b <= s -> a * b <= r * s.
Proof.
  intros A R B S. apply (Qle_trans _ (r * b)).
  - apply Qmult_le_compat_r; assumption.
  - rewrite (Qmult_comm r b), (Qmult_comm r s). apply Qmult_le_compat_r; [exact S |]. apply (Qle_trans _ a); assumption.
Qed.

Section Box.
  Variable radius : Q.
  Variable y : list Q.
  Hypothesis positive : 0 <= radius.
  Hypothesis inside : in_box radius y.

  Lemma nth_in_box (i : nat) : Qabs (nth i y 0) <= radius.
  Proof.
    revert i. induction inside as [| x l X I IH]; intros [| i]; simpl; auto; exact positive.
  Qed.

  Lemma power_nonneg (n : nat) : 0 <= Qpower_nat radius n.
  Proof. induction n; simpl; [discriminate | apply Qmult_le_0_compat; assumption]. Qed.

  Lemma product_bound (m : monomial) : Qabs (product y m) <= Qpower_nat radius (length m).
  Proof.
    induction m as [| i m IH]; simpl; [apply Qle_refl |]. rewrite Qabs_Qmult.
    apply product_le; auto using Qabs_nonneg, nth_in_box.
  Qed.

  Lemma value_bound (p : poly) : Qabs (value y p) <= spread radius p.
  Proof.
    induction p as [| [m c] p IH]; simpl; [apply Qle_refl |]. fold (spread radius p). rewrite Qred_correct.
    eapply Qle_trans; [apply Qabs_triangle |]. rewrite Qabs_Qmult.
    apply Qplus_le_compat; [| exact IH]. apply product_le; auto using Qabs_nonneg, Qle_refl, product_bound.
  Qed.

  Lemma value_parts (p : poly) : value y p == constant_part p + value y (other_part p).
  Proof. destruct p as [| [[| i m] c] p]; simpl; ring. Qed.

  Definition least (p : poly) : Q := Qred (constant_part p - spread radius (other_part p)).
  Definition largest (p : poly) : Q := Qred (constant_part p + spread radius (other_part p)).

  Lemma value_between (p : poly) : least p <= value y p <= largest p.
  Proof.
    unfold least, largest. rewrite !Qred_correct, value_parts.
    pose proof (value_bound (other_part p)) as B. apply Qabs_Qle_condition in B. lra.
  Qed.
End Box.

(** The piece on which all values from a to b lie, if there is one. *)
Fixpoint piece_between {A : Type} (kinks : list Q) (pieces : list A) (a b : Q) : option A :=
  match kinks, pieces with
  | k :: kinks', piece :: pieces' =>
      if Qle_bool b k then Some piece else if Qle_bool a k then None else piece_between kinks' pieces' a b
  | _, piece :: _ => Some piece
  | _, [] => None
  end.

Lemma piece_between_correct {A : Type} (kinks : list Q) (pieces : list A) (default : A) (a b x : Q) (piece : A) :
  a <= x <= b -> piece_between kinks pieces a b = Some piece -> piece_at kinks pieces default x = piece.
Proof.
  intro X. revert pieces. induction kinks as [| k kinks IH]; intros [| q pieces]; simpl; try discriminate.
  - intro H. injection H as <-. reflexivity.
  - destruct (Qle_bool b k) eqn:B.
    + intro H. injection H as <-. apply Qle_bool_iff in B.
      assert (L : Qle_bool x k = true) by (apply Qle_bool_iff; lra). rewrite L. reflexivity.
    + destruct (Qle_bool a k) eqn:A'; [discriminate |]. intro H.
      assert (L : Qle_bool x k = false).
      { destruct (Qle_bool x k) eqn:L; [| reflexivity]. apply Qle_bool_iff in L.
        assert (Qle_bool a k = true) by (apply Qle_bool_iff; lra). congruence. }
      rewrite L. apply IH. exact H.
Qed.

Definition apply_on_box (radius : Q) (act : activation) (p : polynomials) : polynomials :=
  match p with
  | Some q => match piece_between (kinks act) (pieces act) (least radius q) (largest radius q) with
              | Some piece => quotient polynomials piece p one
              | None => None
              end
  | None => None
  end.

Definition greater_on_box (radius : Q) (p q : polynomials) : polynomials :=
  match p, q with
  | Some p', Some q' =>
      let d := poly_add q' (poly_mul (poly_constant (-1)) p') in
      if Qle_bool 0 (least radius d) then Some q' else if Qle_bool (largest radius d) 0 then Some p' else None
  | _, _ => None
  end.

Definition greatest_on_box (radius : Q) (l : list polynomials) : polynomials :=
  match l with [] => of_Q 0 | p :: l' => fold_left (greater_on_box radius) l' p end.

Section On_box.
  Variable radius : Q.
  Variable y : list Q.
  Hypothesis positive : 0 <= radius.
  Hypothesis inside : in_box radius y.

  Lemma piece_at_proper {A : Type} (kinks : list Q) (pieces : list A) (default : A) (x x' : Q) : x == x' ->
    piece_at kinks pieces default x = piece_at kinks pieces default x'.
  Proof.
    intro E. revert pieces. induction kinks as [| k kinks IH]; intros [| q pieces]; simpl; auto.
    assert (B : Qle_bool x k = Qle_bool x' k).
    { destruct (Qle_bool x k) eqn:B, (Qle_bool x' k) eqn:B'; auto.
      - apply Qle_bool_iff in B. rewrite E in B. apply Qle_bool_iff in B. congruence.
      - apply Qle_bool_iff in B'. rewrite <- E in B'. apply Qle_bool_iff in B'. congruence. }
    rewrite B, IH. reflexivity.
  Qed.

  Lemma apply_on_box_correct act x p : is_value y x p -> is_value y (apply_rational act x) (apply_on_box radius act p).
  Proof.
    destruct p as [q |]; simpl; auto. intro H.
    destruct (piece_between _ _ _ _) as [piece |] eqn:P; [| exact I].
    unfold apply_rational.
    assert (E : piece_at (kinks act) (pieces act) ([], []) x = piece).
    { apply (piece_between_correct _ _ _ (least radius q) (largest radius q)); [| exact P].
      rewrite H. apply value_between; assumption. }
    rewrite E. apply (R_quotient rationals polynomials (is_value y)).
    - apply is_value_add.
    - apply is_value_mul.
    - apply is_value_inv.
    - apply is_value_of_Q.
    - exact H.
    - apply is_value_of_Q.
  Qed.

  Lemma greater_on_box_correct x x' p q : is_value y x p -> is_value y x' q ->
    is_value y (greater x x') (greater_on_box radius p q).
  Proof.
    destruct p as [p |], q as [q |]; try (intros; exact I). intros H H'.
    change (x == value y p) in H. change (x' == value y q) in H'.
    unfold greater_on_box. cbv zeta. set (d := poly_add q (poly_mul (poly_constant (-1)) p)).
    assert (D : value y d == x' - x).
    { unfold d. rewrite value_add, value_mul, value_constant, H, H'. ring. }
    pose proof (value_between radius y positive inside d) as B. rewrite D in B.
    unfold greater. destruct (Qle_bool 0 (least radius d)) eqn:L.
    - apply Qle_bool_iff in L. assert (X : Qle_bool x x' = true) by (apply Qle_bool_iff; lra). rewrite X. exact H'.
    - destruct (Qle_bool (largest radius d) 0) eqn:G; [| exact I].
      apply Qle_bool_iff in G. destruct (Qle_bool x x') eqn:X; [| exact H].
      apply Qle_bool_iff in X. assert (E : x == x') by lra.
      change (x' == value y p). rewrite <- E. exact H.
  Qed.

  Lemma greatest_on_box_correct l l' : R_list rationals polynomials (is_value y) l l' ->
    is_value y (greatest_rational l) (greatest_on_box radius l').
  Proof.
    intro H. destruct H as [| x p l l' X H]; [apply is_value_of_Q |]. simpl.
    revert x p X. induction H as [| x' p' l l' X' H IH]; intros x p X; simpl; [exact X |].
    apply IH. apply greater_on_box_correct; assumption.
  Qed.
End On_box.
